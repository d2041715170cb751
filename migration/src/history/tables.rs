//! Making the tables of versions.

use db::Engine;
use sea_orm::Schema as Builder;
use sea_orm_migration::seaql_migrations;

use super::{TABLE, backend};

/// New tables of versions in a schema that is there already: whoever may read its users may read its
/// version, as the migration of roles has it.
pub const LET_ROLES_READ: &str = "DO $$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT rolname FROM pg_roles
        WHERE rolname IN ('tallystick_app', 'tallystick_readonly', 'tallystick_admin')
            AND has_table_privilege(oid, to_regclass('users'), 'SELECT')
    LOOP
        EXECUTE format('GRANT SELECT ON seaql_migrations, tallystick_history TO %I', reader);
    END LOOP;
END $$";

/// The statements that make both tables where they are not there.
pub fn tables(engine: Engine) -> Vec<String> {
    let backend = backend(engine);
    let mut versions = Builder::new(backend).create_table_from_entity(seaql_migrations::Entity);
    let versions = backend.build(versions.if_not_exists()).to_string();
    let (instant, int, strict) = match engine {
        Engine::Postgres => ("timestamptz", "bigint", ""),
        Engine::Sqlite => ("TEXT", "INTEGER", " STRICT"),
    };
    let history = format!(
        "CREATE TABLE IF NOT EXISTS {TABLE} (\n    \
             seq {int} PRIMARY KEY,\n    \
             version text NOT NULL,\n    \
             action text NOT NULL\n        \
                 CHECK (action IN ('up', 'down', 'stamp', 'unstamp', 'adopt')),\n    \
             checksum text NOT NULL,\n    \
             program text NOT NULL,\n    \
             operator text NOT NULL,\n    \
             started_at {instant} NOT NULL,\n    \
             finished_at {instant}\n\
         ){strict}"
    );
    vec![versions, history]
}
