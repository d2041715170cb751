//! Table `pack_build_steps`: what was done to make a pack, attempt by attempt.

use sea_orm::entity::prelude::*;

use crate::values::{BuildStep, StepOutcome};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pack_build_steps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub pack_id: String,
    /// From 1, over all steps and attempts of a pack.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub step: BuildStep,
    /// From 1, for each step.
    pub attempt: i64,
    pub outcome: StepOutcome,
    /// An object that says what came of it.
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
    pub started_at: DateTimeUtc,
    /// Null while it runs.
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
