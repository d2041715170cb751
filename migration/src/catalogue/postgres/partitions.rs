//! The partitions of partitioned tables. Their number grows with time, so each is kept with what a
//! rule asks of it, and none as a table.

use std::collections::BTreeMap;

use sea_orm_migration::{DbErr, sea_orm::ConnectionTrait};

use super::{Bound, Catalogue, Child, Key, Kind, Object, Parts, Source, collapsed, text};

type Faults = BTreeMap<String, Vec<(String, String)>>;

pub async fn read<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let mut grants = faults(source, GRANTS).await?;
    let mut lacks = faults(source, MISSING_INDEXES).await?;
    for (child, triggers) in faults(source, OTHER_TRIGGERS).await? {
        lacks.entry(child).or_default().extend(triggers);
    }
    let sql = format!(
        "SELECT p.relname::text AS parent, quote_ident(p.relname) AS quoted_parent,
            c.oid::regclass::text AS child, pg_get_expr(c.relpartbound, c.oid) AS bound,
            c.relrowsecurity AS secured, c.relforcerowsecurity AS forced {CHILDREN}"
    );
    for row in source.rows(&sql).await? {
        let (name, bound) = (text(&row, "child")?, text(&row, "bound")?);
        let (from, to) = range(&bound);
        let parent = text(&row, "quoted_parent")?;
        catalogue.insert(Object {
            key: Key::new(Kind::Partition, text(&row, "parent")?, &name),
            columns: Vec::new(),
            create: format!("CREATE TABLE {name} PARTITION OF {parent} {bound}"),
            drop: format!("ALTER TABLE {parent} DETACH PARTITION {name}"),
            parts: Parts::Partition(Box::new(Child {
                from,
                to,
                row_security: row.try_get("", "secured")?,
                forced: row.try_get("", "forced")?,
                grants: grants.remove(&name).unwrap_or_default(),
                lacks: lacks.remove(&name).unwrap_or_default(),
            })),
            definition: bound,
        });
    }
    Ok(())
}

const CHILDREN: &str = "FROM place
    JOIN pg_class p ON p.relnamespace = place.oid AND p.relkind = 'p' AND NOT p.relispartition
    JOIN pg_inherits h ON h.inhparent = p.oid
    JOIN pg_class c ON c.oid = h.inhrelid";

/// Each with the name of its partition, as `child`, `fault` and the `fix` in SQL.
async fn faults<C: ConnectionTrait>(
    source: &Source<'_, C>,
    (select, condition): (&str, &str),
) -> Result<Faults, DbErr> {
    let sql = format!("SELECT c.oid::regclass::text AS child, {select} {CHILDREN} {condition}");
    let mut faults = Faults::new();
    for row in source.rows(&sql).await? {
        let fault = (
            text(&row, "fault")?,
            collapsed(&text(&row, "fix")?).replacen(" ON ONLY ", " ON ", 1),
        );
        faults.entry(text(&row, "child")?).or_default().push(fault);
    }
    Ok(faults)
}

const GRANTS: (&str, &str) = (
    "format('%s to %s', a.privilege_type, g.name) AS fault,
     format('REVOKE %s ON TABLE %s FROM %s', a.privilege_type, c.oid::regclass, g.name) AS fix",
    "CROSS JOIN LATERAL aclexplode(c.relacl) AS a
     CROSS JOIN LATERAL (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC'
        ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS name) AS g
     WHERE a.grantee <> c.relowner
     ORDER BY c.relname, g.name, a.privilege_type",
);

/// An index of the parent that was made ONLY there. One behind a constraint is made as a constraint.
const MISSING_INDEXES: (&str, &str) = (
    "format('the parent''s index %s', n.relname) AS fault,
     CASE WHEN k.oid IS NULL
        THEN format('CREATE %sINDEX %I ON %s USING %s',
            CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, own.name, c.oid::regclass,
            split_part(pg_get_indexdef(i.indexrelid, 0, true), ' USING ', 2))
        ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.oid::regclass, own.name,
            pg_get_constraintdef(k.oid, true))
     END || format('; ALTER INDEX %I ATTACH PARTITION %I', n.relname, own.name) AS fix",
    "JOIN pg_index i ON i.indrelid = p.oid
     JOIN pg_class n ON n.oid = i.indexrelid
     CROSS JOIN LATERAL (SELECT left(c.relname || '_' || n.relname, 63) AS name) AS own
     LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
     WHERE NOT EXISTS (SELECT FROM pg_inherits ih
        JOIN pg_index ci ON ci.indexrelid = ih.inhrelid
        WHERE ih.inhparent = i.indexrelid AND ci.indrelid = c.oid)
     ORDER BY c.relname, n.relname",
);

const OTHER_TRIGGERS: (&str, &str) = (
    "format('the parent''s state of trigger %s', t.tgname) AS fault,
     format('ALTER TABLE %s %s TRIGGER %I', c.oid::regclass,
        CASE up.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS'
            WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE' END, t.tgname) AS fix",
    "JOIN pg_trigger t ON t.tgrelid = c.oid
     JOIN pg_trigger up ON up.oid = t.tgparentid AND up.tgrelid = p.oid
     WHERE t.tgenabled <> up.tgenabled AND NOT up.tgisinternal
     ORDER BY c.relname, t.tgname",
);

/// `FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`, of more columns the first.
fn range(bound: &str) -> (Bound, Bound) {
    let ends = bound
        .strip_prefix("FOR VALUES FROM (")
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.split_once(") TO ("));
    match ends {
        Some((from, to)) => (end(from), end(to)),
        None => (
            Bound::Other(bound.to_owned()),
            Bound::Other(bound.to_owned()),
        ),
    }
}

fn end(text: &str) -> Bound {
    let first = text.split(", ").next().unwrap_or(text);
    if first == "MINVALUE" {
        return Bound::Open;
    }
    let instant = first.trim_matches('\'');
    match instant.get(..10) {
        Some(date) if instant.len() == 10 || instant[10..].starts_with(" 00:00:00") => {
            Bound::Date(date.to_owned())
        }
        _ => Bound::Other(first.to_owned()),
    }
}
