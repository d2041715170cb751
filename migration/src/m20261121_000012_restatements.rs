use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// A restatement that is not fresh has the pack that it restates in `superseded_by`: so it is none of
/// the current packs, also for programs that know nothing of restatements, and the unique index of
/// those stays as it is.
const UP: Script = Script {
    both: &["ALTER TABLE pricing_packs ADD COLUMN restates text"],
    postgres: &[
        "ALTER TABLE pricing_packs ADD COLUMN restatement_reason text",
        "ALTER TABLE pricing_packs ADD CONSTRAINT pricing_packs_restatement_check CHECK (
            (restates IS NULL) = (restatement_reason IS NULL)
            AND (restates IS NULL OR restates <> id)
            AND (restatement_reason IS NULL OR length(restatement_reason) BETWEEN 1 AND 2000)
        ) NOT VALID",
        "CREATE FUNCTION refuse_pack_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status <> 'warming' AND (
                OLD.superseded_by IS NOT NULL AND NEW.superseded_by IS DISTINCT FROM OLD.superseded_by
                OR NEW.restates IS DISTINCT FROM OLD.restates
                OR NEW.restatement_reason IS DISTINCT FROM OLD.restatement_reason
            ) THEN
                RAISE EXCEPTION 'which pack pricing pack % restates or is superseded by is for good', OLD.id;
            END IF;
            RETURN NEW;
        END $$",
        "CREATE TRIGGER pricing_packs_history BEFORE UPDATE ON pricing_packs
            FOR EACH ROW EXECUTE FUNCTION refuse_pack_history_change()",
    ],
    sqlite: &[
        "ALTER TABLE pricing_packs ADD COLUMN restatement_reason text CHECK (
            (restates IS NULL) = (restatement_reason IS NULL)
            AND (restates IS NULL OR restates <> id)
            AND (restatement_reason IS NULL OR length(restatement_reason) BETWEEN 1 AND 2000))",
        "CREATE TRIGGER pricing_packs_history BEFORE UPDATE ON pricing_packs
        WHEN OLD.status <> 'warming' AND (
            OLD.superseded_by IS NOT NULL AND NEW.superseded_by IS NOT OLD.superseded_by
            OR NEW.restates IS NOT OLD.restates
            OR NEW.restatement_reason IS NOT OLD.restatement_reason)
        BEGIN SELECT RAISE(ABORT, 'which pack this one restates or is superseded by is for good'); END",
    ],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    postgres: &[
        "DROP TRIGGER pricing_packs_history ON pricing_packs",
        "DROP FUNCTION refuse_pack_history_change()",
        "ALTER TABLE pricing_packs DROP CONSTRAINT pricing_packs_restatement_check",
        "ALTER TABLE pricing_packs DROP COLUMN restatement_reason",
        "ALTER TABLE pricing_packs DROP COLUMN restates",
    ],
    sqlite: &[
        "DROP TRIGGER pricing_packs_history",
        "ALTER TABLE pricing_packs DROP COLUMN restatement_reason",
        "ALTER TABLE pricing_packs DROP COLUMN restates",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000012_restatements"
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
