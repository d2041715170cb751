use std::collections::BTreeMap;

use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, QueryResult},
};

use super::{Catalogue, Key, Kind, Object, Parts, Source, TABLES, collapsed, text};

/// Tables, their columns and whether row security is on.
pub async fn read<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let written = read_columns(source, catalogue).await?;
    let sql = format!(
        "SELECT c.relname::text AS name, quote_ident(c.relname) AS quoted,
            c.relpersistence = 'u' AS unlogged, pg_get_partkeydef(c.oid) AS partition_key,
            c.relrowsecurity AS secured, c.relforcerowsecurity AS forced {TABLES}"
    );
    for row in source.rows(&sql).await? {
        let name = text(&row, "name")?;
        let columns = written.get(&name).cloned().unwrap_or_default();
        catalogue.insert(table(&row, &name, &columns)?);
        catalogue.insert(row_security(&row, &name)?);
    }
    Ok(())
}

fn table(row: &QueryResult, name: &str, columns: &[String]) -> Result<Object, DbErr> {
    let quoted = text(row, "quoted")?;
    let unlogged = if row.try_get("", "unlogged")? {
        "UNLOGGED "
    } else {
        ""
    };
    let partition_key: Option<String> = row.try_get("", "partition_key")?;
    let behind = partition_key
        .map(|key| format!("PARTITION BY {key}"))
        .unwrap_or_default();
    let create = format!(
        "CREATE {unlogged}TABLE {quoted} ({}) {behind}",
        columns.join(", ")
    );
    Ok(Object {
        key: Key::alone(Kind::Table, name),
        columns: Vec::new(),
        parts: Parts::Whole,
        definition: format!("{unlogged}TABLE {behind}").trim_end().to_owned(),
        create: create.trim_end().to_owned(),
        drop: format!("DROP TABLE {quoted}"),
    })
}

fn row_security(row: &QueryResult, name: &str) -> Result<Object, DbErr> {
    let words = |on: bool, yes, no| if on { yes } else { no };
    let secured: bool = row.try_get("", "secured")?;
    let forced: bool = row.try_get("", "forced")?;
    Ok(Object {
        key: Key::new(Kind::RowSecurity, name, ""),
        columns: Vec::new(),
        parts: Parts::Whole,
        definition: format!(
            "{}, {}",
            words(secured, "enabled", "disabled"),
            words(forced, "forced", "not forced")
        ),
        create: format!(
            "ALTER TABLE {} {} ROW LEVEL SECURITY, {} ROW LEVEL SECURITY",
            text(row, "quoted")?,
            words(secured, "ENABLE", "DISABLE"),
            words(forced, "FORCE", "NO FORCE")
        ),
        drop: String::new(),
    })
}

/// Puts the columns in, and returns them as CREATE TABLE has them, by table.
async fn read_columns<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<BTreeMap<String, Vec<String>>, DbErr> {
    let sql = format!(
        "SELECT c.relname::text AS table_name, quote_ident(c.relname) AS quoted_table,
            a.attname::text AS name, quote_ident(a.attname) AS quoted,
            format_type(a.atttypid, a.atttypmod) AS data_type, NOT a.attnotnull AS nullable,
            pg_get_expr(d.adbin, d.adrelid, true) AS value,
            a.attidentity::text AS identity, a.attgenerated::text AS generated,
            CASE WHEN a.attcollation <> t.typcollation THEN
                (SELECT quote_ident(o.collname) FROM pg_collation o WHERE o.oid = a.attcollation)
            END AS collation
        {TABLES}
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        ORDER BY c.relname, a.attnum"
    );
    let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in source.rows(&sql).await? {
        let object = column(&row)?;
        let line = format!("{} {}", text(&row, "quoted")?, object.definition);
        written
            .entry(object.key.table.clone())
            .or_default()
            .push(line);
        catalogue.insert(object);
    }
    Ok(written)
}

fn column(row: &QueryResult) -> Result<Object, DbErr> {
    let (table, name) = (text(row, "table_name")?, text(row, "name")?);
    let (quoted_table, quoted) = (text(row, "quoted_table")?, text(row, "quoted")?);
    let data_type = text(row, "data_type")?;
    let nullable: bool = row.try_get("", "nullable")?;
    let value: Option<String> = row.try_get("", "value")?;
    let value = value.map(|value| collapsed(&value));
    let (identity, generated) = (text(row, "identity")?, text(row, "generated")?);

    let mut words = vec![data_type.clone()];
    if let Some(collation) = row.try_get::<Option<String>>("", "collation")? {
        words.push(format!("COLLATE {collation}"));
    }
    if !nullable {
        words.push("NOT NULL".to_owned());
    }
    match (generated.as_str(), &value) {
        ("", Some(value)) => words.push(format!("DEFAULT {value}")),
        ("v", Some(value)) => words.push(format!("GENERATED ALWAYS AS ({value}) VIRTUAL")),
        (_, Some(value)) => words.push(format!("GENERATED ALWAYS AS ({value}) STORED")),
        (_, None) => {}
    }
    match identity.as_str() {
        "a" => words.push("GENERATED ALWAYS AS IDENTITY".to_owned()),
        "d" => words.push("GENERATED BY DEFAULT AS IDENTITY".to_owned()),
        _ => {}
    }
    let definition = words.join(" ");
    Ok(Object {
        create: format!("ALTER TABLE {quoted_table} ADD COLUMN {quoted} {definition}"),
        drop: format!("ALTER TABLE {quoted_table} DROP COLUMN {quoted}"),
        columns: vec![name.clone()],
        parts: Parts::Column {
            data_type,
            nullable,
            default: value.filter(|_| generated.is_empty()),
            automatic: !(identity.is_empty() && generated.is_empty()),
        },
        key: Key::new(Kind::Column, table, name),
        definition,
    })
}
