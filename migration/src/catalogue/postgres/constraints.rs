//! Constraints, and the indexes that are not one's means.

use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, QueryResult},
};

use super::{Catalogue, Key, Kind, Object, Parts, Source, TABLES, collapsed, names, text};

pub async fn read<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    // Since PostgreSQL 18 NOT NULL is a constraint too; it is read with its column.
    let constraints = format!(
        "SELECT c.relname::text AS table_name, quote_ident(c.relname) AS quoted_table,
            con.conname::text AS name, quote_ident(con.conname) AS quoted,
            con.contype::text AS kind, pg_get_constraintdef(con.oid, true) AS definition,
            {COLUMNS_OF_CONKEY} AS columns, {COLUMNS_OF_CONFKEY} AS referenced_columns,
            (SELECT r.relname::text FROM pg_class r WHERE r.oid = con.confrelid) AS referenced,
            con.confdeltype::text AS on_delete, con.confupdtype::text AS on_update
        {TABLES}
        JOIN pg_constraint con ON con.conrelid = c.oid AND con.conparentid = 0
            AND con.contype IN ('p', 'u', 'c', 'f', 'x')"
    );
    for row in source.rows(&constraints).await? {
        catalogue.insert(constraint(&row)?);
    }
    let indexes = format!(
        "SELECT c.relname::text AS table_name, n.relname::text AS name,
            quote_ident(n.relname) AS quoted, pg_get_indexdef(i.indexrelid, 0, true) AS definition,
            i.indisunique AS only_once, c.relkind = 'r' AND NOT i.indisvalid AS invalid,
            pg_get_expr(i.indpred, i.indrelid, true) AS predicate,
            (SELECT string_agg(pg_get_indexdef(i.indexrelid, k, true)
                    || CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END,
                    E'\\n' ORDER BY k)
                FROM generate_series(1, i.indnkeyatts) k) AS keys,
            (SELECT string_agg(DISTINCT a.attname::text, E'\\n')
                FROM pg_depend d JOIN pg_attribute a
                    ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
                    AND d.refobjsubid > 0) AS columns
        {TABLES}
        JOIN pg_index i ON i.indrelid = c.oid
        JOIN pg_class n ON n.oid = i.indexrelid
        WHERE NOT EXISTS (SELECT FROM pg_constraint con
            WHERE con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x'))"
    );
    for row in source.rows(&indexes).await? {
        catalogue.insert(index(&row)?);
    }
    Ok(())
}

const COLUMNS_OF_CONKEY: &str = "(SELECT string_agg(a.attname::text, E'\\n' ORDER BY k.place)
    FROM unnest(con.conkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.number)";

const COLUMNS_OF_CONFKEY: &str = "(SELECT string_agg(a.attname::text, E'\\n' ORDER BY k.place)
    FROM unnest(con.confkey) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.number)";

fn constraint(row: &QueryResult) -> Result<Object, DbErr> {
    let kind = match text(row, "kind")?.as_str() {
        "p" => Kind::PrimaryKey,
        "u" => Kind::Unique,
        "c" => Kind::Check,
        "f" => Kind::ForeignKey,
        _ => Kind::Exclusion,
    };
    let (table, name) = (text(row, "quoted_table")?, text(row, "quoted")?);
    let definition = collapsed(&text(row, "definition")?);
    let parts = if kind == Kind::ForeignKey {
        Parts::ForeignKey {
            references: text(row, "referenced")?,
            referenced_columns: names(row, "referenced_columns")?,
            on_delete: action(&text(row, "on_delete")?).to_owned(),
            on_update: action(&text(row, "on_update")?).to_owned(),
        }
    } else {
        Parts::Whole
    };
    Ok(Object {
        key: Key::new(kind, text(row, "table_name")?, text(row, "name")?),
        columns: names(row, "columns")?,
        parts,
        create: format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"),
        drop: format!("ALTER TABLE {table} DROP CONSTRAINT {name}"),
        definition,
    })
}

fn action(letter: &str) -> &'static str {
    match letter {
        "r" => "RESTRICT",
        "c" => "CASCADE",
        "n" => "SET NULL",
        "d" => "SET DEFAULT",
        _ => "NO ACTION",
    }
}

fn index(row: &QueryResult) -> Result<Object, DbErr> {
    let quoted = text(row, "quoted")?;
    // A partitioned table's index is printed as ON ONLY, which would leave the partitions out.
    let create = collapsed(&text(row, "definition")?).replacen(" ON ONLY ", " ON ", 1);
    let behind_table = create
        .split_once(" USING ")
        .map_or(create.as_str(), |(_, behind)| behind);
    let unique: bool = row.try_get("", "only_once")?;
    let invalid: bool = row.try_get("", "invalid")?;
    let definition = format!(
        "{}USING {behind_table}{}",
        if unique { "UNIQUE " } else { "" },
        if invalid { " INVALID" } else { "" }
    );
    Ok(Object {
        key: Key::new(Kind::Index, text(row, "table_name")?, text(row, "name")?),
        columns: names(row, "columns")?,
        parts: Parts::Index {
            unique,
            keys: names(row, "keys")?,
            predicate: row.try_get("", "predicate")?,
        },
        definition,
        drop: format!("DROP INDEX {quoted}"),
        create,
    })
}
