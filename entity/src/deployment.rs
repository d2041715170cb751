//! Table `deployments`: versions of a program on their way to where they run.

use sea_orm::entity::prelude::*;

use crate::values::{DeploymentId, DeploymentStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeploymentId,
    /// 7 to 64 hexadecimal digits, in lower case.
    pub git_sha: String,
    pub branch: String,
    pub status: DeploymentStatus,
    /// What set it off, such as `push` or `manual`.
    pub trigger: String,
    pub deployed_by: String,
    pub report_text: Option<String>,
    /// Of one that was rolled back.
    pub rollback_reason: Option<String>,
    pub started_at: DateTimeUtc,
    /// Once its status is final.
    pub finished_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
