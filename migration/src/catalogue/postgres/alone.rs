//! Views, sequences and enum types: what stands beside tables.

use sea_orm_migration::{DbErr, sea_orm::ConnectionTrait};

use super::{Catalogue, Key, Kind, Object, Parts, Source, collapsed, text};

pub async fn read<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    for (kind, sql) in [
        (Kind::View, VIEWS),
        (Kind::Sequence, SEQUENCES),
        (Kind::Enum, ENUMS),
    ] {
        for row in source.rows(sql).await? {
            let (what, name) = (text(&row, "what")?, text(&row, "quoted")?);
            let definition = collapsed(&text(&row, "definition")?);
            catalogue.insert(Object {
                key: Key::alone(kind, &text(&row, "name")?),
                columns: Vec::new(),
                parts: Parts::Whole,
                create: format!("CREATE {what} {name} {definition}"),
                drop: format!("DROP {what} {name}"),
                definition,
            });
        }
    }
    Ok(())
}

const VIEWS: &str = "SELECT c.relname::text AS name, quote_ident(c.relname) AS quoted,
        CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS what,
        coalesce('WITH (' || array_to_string(c.reloptions, ', ') || ') ', '') || 'AS '
            || rtrim(pg_get_viewdef(c.oid, true), ';') AS definition
    FROM place JOIN pg_class c ON c.relnamespace = place.oid AND c.relkind IN ('v', 'm')
    WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
        AND e.objid = c.oid AND e.deptype = 'e')";

/// Those of identity columns are part of their column.
const SEQUENCES: &str = "SELECT c.relname::text AS name, quote_ident(c.relname) AS quoted,
        'SEQUENCE' AS what,
        format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s',
            format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
            s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS definition
    FROM place JOIN pg_class c ON c.relnamespace = place.oid AND c.relkind = 'S'
    JOIN pg_sequence s ON s.seqrelid = c.oid
    WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
        AND e.objid = c.oid AND e.deptype IN ('e', 'i'))";

const ENUMS: &str = "SELECT t.typname::text AS name, quote_ident(t.typname) AS quoted,
        'TYPE' AS what,
        'AS ENUM (' || (SELECT string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder)
            FROM pg_enum l WHERE l.enumtypid = t.oid) || ')' AS definition
    FROM place JOIN pg_type t ON t.typnamespace = place.oid AND t.typtype = 'e'
    WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass
        AND e.objid = t.oid AND e.deptype = 'e')";
