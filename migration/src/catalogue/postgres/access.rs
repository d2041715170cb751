//! Who may see and do what: policies and grants.

use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, QueryResult},
};

use super::{Catalogue, Key, Kind, Object, Parts, Source, TABLES, collapsed, text};

pub async fn read<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let policies = format!(
        "SELECT c.relname::text AS table_name, quote_ident(c.relname) AS quoted_table,
            p.polname::text AS name, quote_ident(p.polname) AS quoted, p.polpermissive AS permissive,
            p.polcmd::text AS command,
            (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC'
                    ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY pg_get_userbyid(role))
                FROM unnest(p.polroles) AS role) AS roles,
            pg_get_expr(p.polqual, p.polrelid, true) AS visible,
            pg_get_expr(p.polwithcheck, p.polrelid, true) AS written
        {TABLES}
        JOIN pg_policy p ON p.polrelid = c.oid"
    );
    for row in source.rows(&policies).await? {
        catalogue.insert(policy(&row)?);
    }
    for row in source.rows(GRANTS).await? {
        catalogue.insert(grant(&row)?);
    }
    Ok(())
}

fn policy(row: &QueryResult) -> Result<Object, DbErr> {
    let (table, name) = (text(row, "quoted_table")?, text(row, "quoted")?);
    let permissive: bool = row.try_get("", "permissive")?;
    let mut words = vec![format!(
        "AS {} FOR {} TO {}",
        if permissive {
            "PERMISSIVE"
        } else {
            "RESTRICTIVE"
        },
        command(&text(row, "command")?),
        text(row, "roles")?
    )];
    for (column, clause) in [("visible", "USING"), ("written", "WITH CHECK")] {
        if let Some(expression) = row.try_get::<Option<String>>("", column)? {
            words.push(format!("{clause} ({})", collapsed(&expression)));
        }
    }
    let definition = words.join(" ");
    Ok(Object {
        key: Key::new(Kind::Policy, text(row, "table_name")?, text(row, "name")?),
        columns: Vec::new(),
        parts: Parts::Whole,
        create: format!("CREATE POLICY {name} ON {table} {definition}"),
        drop: format!("DROP POLICY {name} ON {table}"),
        definition,
    })
}

fn command(letter: &str) -> &'static str {
    match letter {
        "r" => "SELECT",
        "a" => "INSERT",
        "w" => "UPDATE",
        "d" => "DELETE",
        _ => "ALL",
    }
}

/// Every privilege on tables, views, sequences, columns and functions, but for the owner's own. An
/// object without a list of its own has the privileges that its kind is born with.
const GRANTS: &str =
    "SELECT thing.name AS of_name, thing.place AS place, thing.column_name AS column_name,
            a.privilege_type AS privilege, a.is_grantable AS grantable,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                AS grantee
        FROM (
            SELECT c.relname::text AS name, c.relowner AS owner, NULL AS column_name,
                CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || quote_ident(c.relname)
                    AS place,
                coalesce(c.relacl,
                    acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner))
                    AS privileges, 'pg_class'::regclass AS class, c.oid
            FROM place JOIN pg_class c ON c.relnamespace = place.oid
                AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT c.relispartition
            UNION ALL
            SELECT c.relname::text, c.relowner, quote_ident(a.attname),
                'TABLE ' || quote_ident(c.relname), a.attacl, 'pg_class'::regclass, c.oid
            FROM place JOIN pg_class c ON c.relnamespace = place.oid
                AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attacl IS NOT NULL
            UNION ALL
            SELECT p.proname::text || '(' || pg_get_function_identity_arguments(p.oid) || ')',
                p.proowner, NULL, CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END
                    || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid)
                    || ')',
                coalesce(p.proacl, acldefault('f', p.proowner)), 'pg_proc'::regclass, p.oid
            FROM place JOIN pg_proc p ON p.pronamespace = place.oid
                AND p.prokind IN ('f', 'p', 'w')
        ) AS thing, aclexplode(thing.privileges) AS a
        WHERE a.grantee <> thing.owner
            AND NOT EXISTS (SELECT FROM pg_depend e
                WHERE e.classid = thing.class AND e.objid = thing.oid AND e.deptype IN ('e', 'i'))";

fn grant(row: &QueryResult) -> Result<Object, DbErr> {
    let (privilege, grantee) = (text(row, "privilege")?, text(row, "grantee")?);
    let (of_name, place) = (text(row, "of_name")?, text(row, "place")?);
    let column: Option<String> = row.try_get("", "column_name")?;
    let what = match &column {
        Some(column) => format!("{privilege} ({column})"),
        None => privilege,
    };
    let option = if row.try_get("", "grantable")? {
        " WITH GRANT OPTION"
    } else {
        ""
    };
    Ok(Object {
        key: Key::new(Kind::Grant, of_name, format!("{what} to {grantee}")),
        columns: column.into_iter().collect(),
        parts: Parts::Whole,
        definition: format!("GRANTED{option}"),
        create: format!("GRANT {what} ON {place} TO {grantee}{option}"),
        drop: format!("REVOKE {what} ON {place} FROM {grantee}"),
    })
}
