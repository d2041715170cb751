use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &[
        "CREATE TABLE pricing_packs (
            id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
            asof_date {date} NOT NULL,
            policy text NOT NULL CHECK (length(policy) BETWEEN 1 AND 64),
            revision {int} NOT NULL CHECK (revision >= 0),
            hash text,
            superseded_by text REFERENCES pricing_packs (id),
            sources_json {json} NOT NULL,
            status text NOT NULL CHECK (status IN ('warming', 'fresh', 'error')),
            is_fresh {bool} NOT NULL,
            prewarm_done {bool} NOT NULL,
            reconciliation_passed {bool} NOT NULL,
            reconciliation_failed {bool} NOT NULL,
            reconciliation_error_bps {decimal},
            error_message text,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CHECK (is_fresh = (status = 'fresh')),
            CHECK ((status = 'warming') = (hash IS NULL)),
            CHECK (NOT (reconciliation_passed AND reconciliation_failed))
        ) {strict}",
        "CREATE INDEX pricing_packs_asof_idx ON pricing_packs (asof_date DESC)",
        "CREATE INDEX pricing_packs_fresh_idx ON pricing_packs (asof_date DESC) WHERE is_fresh",
        "CREATE UNIQUE INDEX pricing_packs_current_key ON pricing_packs (asof_date, policy)
            WHERE superseded_by IS NULL",
        "CREATE INDEX pricing_packs_superseded_idx ON pricing_packs (superseded_by)
            WHERE superseded_by IS NOT NULL",
        "CREATE TABLE prices (
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            security_id {uuid} NOT NULL REFERENCES securities (id),
            close {decimal} NOT NULL CHECK {positive:close},
            currency text NOT NULL CHECK (length(currency) = 3),
            open {decimal} CHECK (open IS NULL OR {positive:open}),
            high {decimal} CHECK (high IS NULL OR {positive:high}),
            low {decimal} CHECK (low IS NULL OR {positive:low}),
            volume {decimal} CHECK (volume IS NULL OR {not_negative:volume}),
            source text NOT NULL,
            adjustment text NOT NULL CHECK (adjustment IN ('raw', 'split', 'total_return')),
            created_at {instant} NOT NULL,
            PRIMARY KEY (pack_id, security_id)
        ) {strict}",
        "CREATE INDEX prices_security_idx ON prices (security_id)",
        "CREATE TABLE fx_rates (
            pack_id text NOT NULL REFERENCES pricing_packs (id),
            base text NOT NULL CHECK (length(base) = 3),
            quote text NOT NULL CHECK (length(quote) = 3 AND quote <> base),
            rate {decimal} NOT NULL CHECK {positive:rate},
            source text NOT NULL,
            created_at {instant} NOT NULL,
            PRIMARY KEY (pack_id, base, quote)
        ) {strict}",
    ],
    postgres: &[
        "ALTER TABLE pricing_packs ADD CONSTRAINT pricing_packs_reconciliation_check CHECK (
            (NOT reconciliation_passed OR reconciliation_error_bps <= 1)
            AND (NOT reconciliation_failed OR reconciliation_error_bps IS NULL
                OR reconciliation_error_bps > 1))",
        // The share lock makes a writer wait for a freeze that is under way, and then see it.
        "CREATE FUNCTION refuse_frozen_content() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            touched text := CASE WHEN TG_OP = 'DELETE' THEN OLD.pack_id ELSE NEW.pack_id END;
            current_status text;
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.pack_id <> NEW.pack_id THEN
                RAISE EXCEPTION 'a row cannot move from one pricing pack to another';
            END IF;
            SELECT status INTO current_status FROM pricing_packs WHERE id = touched FOR SHARE;
            IF current_status <> 'warming' THEN
                RAISE EXCEPTION 'the content of pricing pack % is frozen', touched;
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$",
        "CREATE FUNCTION refuse_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the content of pricing packs is frozen';
        END $$",
        "CREATE FUNCTION refuse_frozen_pack_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status = 'warming' THEN
                RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
            END IF;
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'pricing pack % is frozen and cannot be deleted', OLD.id;
            END IF;
            IF NEW.status = 'warming' OR NEW.id <> OLD.id OR NEW.asof_date <> OLD.asof_date
                OR NEW.policy <> OLD.policy OR NEW.revision <> OLD.revision
                OR NEW.hash <> OLD.hash THEN
                RAISE EXCEPTION 'the content of pricing pack % is frozen', OLD.id;
            END IF;
            RETURN NEW;
        END $$",
        // A price names its security by the symbol that the pack's hash covers.
        "CREATE FUNCTION refuse_priced_symbol_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.symbol <> OLD.symbol
                AND EXISTS (SELECT 1 FROM prices WHERE security_id = OLD.id) THEN
                RAISE EXCEPTION 'the symbol % is part of pricing packs and stays', OLD.symbol;
            END IF;
            RETURN NEW;
        END $$",
        "CREATE TRIGGER securities_priced_symbol BEFORE UPDATE ON securities
            FOR EACH ROW EXECUTE FUNCTION refuse_priced_symbol_change()",
        "CREATE TRIGGER prices_frozen BEFORE INSERT OR UPDATE OR DELETE ON prices
            FOR EACH ROW EXECUTE FUNCTION refuse_frozen_content()",
        "CREATE TRIGGER fx_rates_frozen BEFORE INSERT OR UPDATE OR DELETE ON fx_rates
            FOR EACH ROW EXECUTE FUNCTION refuse_frozen_content()",
        "CREATE TRIGGER prices_truncate BEFORE TRUNCATE ON prices
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncation()",
        "CREATE TRIGGER fx_rates_truncate BEFORE TRUNCATE ON fx_rates
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncation()",
        "CREATE TRIGGER pricing_packs_frozen BEFORE UPDATE OR DELETE ON pricing_packs
            FOR EACH ROW EXECUTE FUNCTION refuse_frozen_pack_change()",
    ],
    sqlite: &[
        "CREATE TRIGGER prices_frozen_insert BEFORE INSERT ON prices
        WHEN (SELECT status FROM pricing_packs WHERE id = NEW.pack_id) <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER prices_frozen_update BEFORE UPDATE ON prices
        WHEN NEW.pack_id <> OLD.pack_id
            OR (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER prices_frozen_delete BEFORE DELETE ON prices
        WHEN (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER fx_rates_frozen_insert BEFORE INSERT ON fx_rates
        WHEN (SELECT status FROM pricing_packs WHERE id = NEW.pack_id) <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER fx_rates_frozen_update BEFORE UPDATE ON fx_rates
        WHEN NEW.pack_id <> OLD.pack_id
            OR (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER fx_rates_frozen_delete BEFORE DELETE ON fx_rates
        WHEN (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        // REPLACE deletes without asking a delete trigger.
        "CREATE TRIGGER pricing_packs_frozen_insert BEFORE INSERT ON pricing_packs
        WHEN EXISTS (SELECT 1 FROM pricing_packs WHERE id = NEW.id AND status <> 'warming')
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER pricing_packs_id_update BEFORE UPDATE ON pricing_packs
        WHEN NEW.id <> OLD.id
        BEGIN SELECT RAISE(ABORT, 'the id of a pricing pack is for good'); END",
        "CREATE TRIGGER securities_priced_symbol_update BEFORE UPDATE ON securities
        WHEN NEW.symbol <> OLD.symbol
            AND EXISTS (SELECT 1 FROM prices WHERE security_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'this symbol is part of pricing packs and stays'); END",
        "CREATE TRIGGER securities_priced_symbol_insert BEFORE INSERT ON securities
        WHEN EXISTS (SELECT 1 FROM prices WHERE security_id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'this symbol is part of pricing packs and stays'); END",
        "CREATE TRIGGER pricing_packs_frozen_update BEFORE UPDATE ON pricing_packs
        WHEN OLD.status <> 'warming' AND (NEW.status = 'warming' OR NEW.id <> OLD.id
            OR NEW.asof_date <> OLD.asof_date OR NEW.policy <> OLD.policy
            OR NEW.revision <> OLD.revision OR NEW.hash <> OLD.hash)
        BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END",
        "CREATE TRIGGER pricing_packs_frozen_delete BEFORE DELETE ON pricing_packs
        WHEN OLD.status <> 'warming'
        BEGIN SELECT RAISE(ABORT, 'this pricing pack is frozen and cannot be deleted'); END",
    ],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE fx_rates",
        "DROP TABLE prices",
        "DROP TABLE pricing_packs",
    ],
    postgres: &[
        "DROP TRIGGER securities_priced_symbol ON securities",
        "DROP FUNCTION refuse_priced_symbol_change()",
        "DROP FUNCTION refuse_frozen_content()",
        "DROP FUNCTION refuse_truncation()",
        "DROP FUNCTION refuse_frozen_pack_change()",
    ],
    sqlite: &[
        "DROP TRIGGER securities_priced_symbol_update",
        "DROP TRIGGER securities_priced_symbol_insert",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000003_pricing"
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
