use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &[
        "CREATE TABLE portfolio_daily_values (
            user_id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            valuation_date {date} NOT NULL,
            total_value {decimal} NOT NULL,
            cash {decimal} NOT NULL,
            positions_value {decimal} NOT NULL,
            net_external_flow {decimal} NOT NULL,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, portfolio_id, valuation_date),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE
        ) {strict} {by_year:valuation_date}",
        "CREATE TABLE portfolio_metrics (
            user_id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            asof_date {date} NOT NULL,
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            twr_1d {decimal},
            twr_mtd {decimal},
            twr_qtd {decimal},
            twr_ytd {decimal},
            twr_1y {decimal},
            twr_3y {decimal},
            twr_5y {decimal},
            twr_inception {decimal},
            mwr_ytd {decimal},
            mwr_1y {decimal},
            mwr_3y {decimal},
            mwr_inception {decimal},
            volatility_30d {decimal} CHECK (volatility_30d IS NULL OR {not_negative:volatility_30d}),
            volatility_90d {decimal} CHECK (volatility_90d IS NULL OR {not_negative:volatility_90d}),
            volatility_1y {decimal} CHECK (volatility_1y IS NULL OR {not_negative:volatility_1y}),
            sharpe_30d {decimal},
            sharpe_90d {decimal},
            sharpe_1y {decimal},
            sortino_30d {decimal},
            sortino_90d {decimal},
            sortino_1y {decimal},
            max_drawdown_1y {decimal},
            max_drawdown_3y {decimal},
            current_drawdown {decimal},
            alpha_1y {decimal},
            beta_1y {decimal},
            tracking_error_1y {decimal}
                CHECK (tracking_error_1y IS NULL OR {not_negative:tracking_error_1y}),
            information_ratio_1y {decimal},
            win_rate {decimal} CHECK (win_rate IS NULL OR {not_negative:win_rate}),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, portfolio_id, asof_date, pack_id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE
        ) {strict} {by_year:asof_date}",
        "CREATE INDEX portfolio_metrics_pack_idx ON portfolio_metrics (pack_id)",
        "CREATE TABLE currency_attribution (
            user_id {uuid} NOT NULL,
            portfolio_id {uuid} NOT NULL,
            asof_date {date} NOT NULL,
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            local_return {decimal} NOT NULL,
            fx_return {decimal} NOT NULL,
            interaction_return {decimal} NOT NULL,
            total_return {decimal} NOT NULL,
            error_bps {decimal},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, portfolio_id, asof_date, pack_id),
            FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
                ON DELETE CASCADE
        ) {strict} {by_year:asof_date}",
        "CREATE INDEX currency_attribution_pack_idx ON currency_attribution (pack_id)",
    ],
    postgres: &[
        MAKE_HYPERTABLES,
        MAKE_PARTITIONS,
        KEEP_TO_SCHEMA,
        "REVOKE ALL ON FUNCTION make_year_partitions(bigint, bigint) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION make_year_partitions(bigint, bigint)
            TO tallystick_app, tallystick_admin",
        "SELECT make_year_partitions(2015, extract(year FROM current_date)::bigint + 1)",
    ],
    tenant_tables: &[
        "portfolio_daily_values",
        "portfolio_metrics",
        "currency_attribution",
    ],
    ..Script::EMPTY
};

/// By the operator's choice (`database.timescale`, which arrives as the setting `tallystick.timescale`) the new,
/// empty tables become hypertables of `TimescaleDB` instead of partitioned ones.
const MAKE_HYPERTABLES: &str = "-- allow(unreadable): it remakes only the tables that were made just above, which hold nothing yet
    DO $$
    DECLARE
        series record;
    BEGIN
        IF coalesce(current_setting('tallystick.timescale', true), 'off') <> 'on' THEN
            RETURN;
        END IF;
        -- The new foreign keys are checked by queries that row security binds; there are no rows yet.
        PERFORM set_config('row_security', 'on', true);
        FOR series IN
            SELECT * FROM (VALUES
                ('portfolio_daily_values', 'valuation_date'),
                ('portfolio_metrics', 'asof_date'),
                ('currency_attribution', 'asof_date')
            ) AS series (name, day)
        LOOP
            EXECUTE format('CREATE TABLE series_of_days (LIKE %I INCLUDING ALL)', series.name);
            EXECUTE format('DROP TABLE %I', series.name);
            EXECUTE format('ALTER TABLE series_of_days RENAME TO %I', series.name);
            EXECUTE format('ALTER INDEX series_of_days_pkey RENAME TO %I', series.name || '_pkey');
            EXECUTE format(
                'ALTER TABLE %I ADD FOREIGN KEY (user_id, portfolio_id)
                    REFERENCES portfolios (user_id, id) ON DELETE CASCADE',
                series.name);
            IF series.day = 'asof_date' THEN
                EXECUTE format(
                    'ALTER INDEX series_of_days_pack_id_idx RENAME TO %I',
                    series.name || '_pack_idx');
                EXECUTE format(
                    'ALTER TABLE %I ADD FOREIGN KEY (pack_id) REFERENCES pricing_packs (id)',
                    series.name);
            END IF;
            EXECUTE format(
                'SELECT create_hypertable(%L, %L, chunk_time_interval => interval ''1 year'')',
                series.name, series.day);
        END LOOP;
        PERFORM set_config('row_security', 'off', true);
    END $$";

/// The service may make partitions without owning their tables: so it runs with the rights of its owner,
/// and makes no more than a few years ahead. A year that is there is left alone.
///
/// The table is made by itself and then attached, which lets reads and writes of the series go on. For its
/// foreign keys writers of portfolios and packs wait a moment; where that would be longer, it gives up and
/// is called again. It is locked once it is attached. The foreign keys that come with that are checked by a query which row
/// security binds, and a migration refuses to be bound: of a table without rows it may be.
const MAKE_PARTITIONS: &str =
    "CREATE FUNCTION make_year_partitions(first_year bigint, last_year bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET row_security = on SET lock_timeout = '500ms' AS $$
    DECLARE
        home text := current_schema();
        oldest text;
        series text;
        partition text;
        made bigint := 0;
    BEGIN
        IF last_year > extract(year FROM current_date) + 5 THEN
            RAISE EXCEPTION 'partitions are made 5 years ahead at most, not for %', last_year;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext(home || '.make_year_partitions'));
        FOR series IN
            SELECT relname FROM pg_class
            WHERE relnamespace = quote_ident(home)::regnamespace AND relkind = 'p'
                AND relname IN ('portfolio_daily_values', 'portfolio_metrics', 'currency_attribution')
            ORDER BY relname
        LOOP
            oldest := series || '_before_2015';
            IF to_regclass(format('%I.%I', home, oldest)) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES FROM (MINVALUE) TO (%4$L)',
                    home, oldest, series, '2015-01-01');
                EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, oldest);
                EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', home, oldest);
                made := made + 1;
            END IF;
            FOR year IN greatest(first_year, 2015)..last_year LOOP
                partition := series || '_' || year;
                CONTINUE WHEN to_regclass(format('%I.%I', home, partition)) IS NOT NULL;
                EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL)', home, partition, series);
                EXECUTE format(
                    'ALTER TABLE %1$I.%3$I ATTACH PARTITION %1$I.%2$I FOR VALUES FROM (%4$L) TO (%5$L)',
                    home, partition, series, make_date(year::int, 1, 1), make_date(year::int + 1, 1, 1));
                EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, partition);
                EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', home, partition);
                made := made + 1;
            END LOOP;
        END LOOP;
        RETURN made;
    END $$";

/// Whoever calls it must not lead it to tables of theirs by a search path of their own.
const KEEP_TO_SCHEMA: &str = "DO $$
    BEGIN
        EXECUTE format(
            'ALTER FUNCTION make_year_partitions(bigint, bigint) SET search_path = %I, pg_temp',
            current_schema());
    END $$";

const DOWN: Script = Script {
    both: &[
        "DROP TABLE currency_attribution",
        "DROP TABLE portfolio_metrics",
        "DROP TABLE portfolio_daily_values",
    ],
    postgres: &["DROP FUNCTION make_year_partitions(bigint, bigint)"],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000008_series"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
