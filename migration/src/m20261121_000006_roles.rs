use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    postgres: &[
        MAKE_ROLES,
        LET_INTO_SCHEMA,
        "GRANT SELECT ON seaql_migrations, tallystick_history
            TO tallystick_app, tallystick_readonly, tallystick_admin",
    ],
    shared_tables: &[
        "users",
        "securities",
        "portfolios",
        "transactions",
        "lots",
        "lot_closures",
        "portfolio_cash_flows",
        "imports",
        "pricing_packs",
        "prices",
        "fx_rates",
        "executions",
        "idempotency_keys",
    ],
    ..Script::EMPTY
};

/// Roles belong to the whole cluster: another database's migration may make them at the same moment.
const MAKE_ROLES: &str = "DO $$
    DECLARE
        missing text[] := ARRAY(
            SELECT name FROM unnest(ARRAY['tallystick_app', 'tallystick_readonly', 'tallystick_admin'])
                AS name
            WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name));
        wanted text;
    BEGIN
        FOREACH wanted IN ARRAY missing LOOP
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION USING
                        ERRCODE = 'insufficient_privilege',
                        MESSAGE = format(
                            'the server lacks the roles %s, and %I may not make them; nothing was '
                            'changed. Let an administrator run this SQL, then migrate again: %s',
                            array_to_string(missing, ', '), current_user,
                            (SELECT string_agg(
                                format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS;', role), ' ')
                                FROM unnest(missing) AS role));
            END;
        END LOOP;
    END $$";

/// The schema's name is the operator's choice.
const LET_INTO_SCHEMA: &str = "DO $$
    BEGIN
        EXECUTE format(
            'GRANT USAGE ON SCHEMA %I TO tallystick_app, tallystick_readonly, tallystick_admin',
            current_schema());
    END $$";

const LET_OUT_OF_SCHEMA: &str = "DO $$
    BEGIN
        EXECUTE format(
            'REVOKE USAGE ON SCHEMA %I FROM tallystick_app, tallystick_readonly, tallystick_admin',
            current_schema());
    END $$";

/// The roles stay: other databases of the cluster may use them.
const DOWN: Script = Script {
    postgres: &[
        "REVOKE ALL ON seaql_migrations, tallystick_history, users, securities, portfolios,
            transactions, lots, lot_closures, portfolio_cash_flows, imports, pricing_packs, prices,
            fx_rates, executions, idempotency_keys
            FROM tallystick_app, tallystick_readonly, tallystick_admin",
        LET_OUT_OF_SCHEMA,
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000006_roles"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
