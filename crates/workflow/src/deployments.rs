//! Deployments: versions of a program on their way to where they run. They belong to the service, and to no
//! user.

mod path;

use chrono::{DateTime, TimeDelta, Utc};
use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    deployment::{Column, Entity, Model},
    values::{DeploymentId, DeploymentStatus},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, sea_query::LockType,
};

pub use path::{is_final, may_follow};

use crate::{Error, text};

const LONGEST_BRANCH: usize = 255;
const LONGEST_TRIGGER: usize = 100;
const LONGEST_NAME: usize = 255;
const LONGEST_REPORT: usize = 100_000;
const LONGEST_REASON: usize = 2_000;

/// A deployment that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeployment {
    /// 7 to 64 hexadecimal digits, in lower case.
    pub git_sha: String,
    /// 1 to 255 characters on one line.
    pub branch: String,
    /// What set it off, 1 to 100 characters on one line.
    pub trigger: String,
    /// 1 to 255 characters on one line.
    pub deployed_by: String,
    /// At most 100,000 characters.
    pub report_text: Option<String>,
}

/// What is to change; `None` keeps what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentPatch {
    pub status: Option<DeploymentStatus>,
    pub report_text: Option<String>,
    /// Needed for `rolled_back`, and for no other; 1 to 2,000 characters.
    pub rollback_reason: Option<String>,
}

/// Which deployments are wanted; an empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub branch: Option<String>,
    pub status: Option<DeploymentStatus>,
}

/// Begins a deployment, which is `building`.
///
/// # Errors
///
/// [`Error::Invalid`] for a value that breaks a rule.
pub async fn create(ctx: &Ctx, tx: &Tx, new: NewDeployment) -> Result<Model, Error> {
    check(&new)?;
    let now = ctx.now();
    let deployment = Model {
        id: DeploymentId::new(),
        git_sha: new.git_sha,
        branch: new.branch,
        status: DeploymentStatus::Building,
        trigger: new.trigger,
        deployed_by: new.deployed_by,
        report_text: new.report_text,
        rollback_reason: None,
        started_at: now,
        finished_at: None,
        created_at: now,
        updated_at: now,
    };
    let row = deployment.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(deployment)
}

/// Changes a deployment, if it still is as it was at `expected`. With the status that it has already, or
/// without one, the rest may change at any time.
///
/// # Errors
///
/// [`Error::DeploymentNotFound`]; [`Error::Changed`] if it has changed since; [`Error::DeploymentPath`]
/// for a status that may not follow; [`Error::Invalid`] for a text that breaks a rule, and a reason that
/// is missing or out of place.
pub async fn update(
    ctx: &Ctx,
    tx: &Tx,
    id: DeploymentId,
    patch: DeploymentPatch,
    expected: Option<DateTime<Utc>>,
) -> Result<Model, Error> {
    let query = Entity::find_by_id(id).lock(LockType::NoKeyUpdate);
    let current = query
        .one(tx)
        .await?
        .ok_or(Error::DeploymentNotFound { id })?;
    if expected.is_some_and(|expected| expected != current.updated_at) {
        return Err(Error::Changed);
    }
    let status = patch.status.unwrap_or(current.status);
    if status != current.status && !may_follow(current.status, status) {
        return Err(Error::DeploymentPath {
            from: current.status,
            to: status,
        });
    }
    check_report(patch.report_text.as_deref())?;
    check_reason(&current, status, patch.rollback_reason.as_deref())?;
    // Never the same time of change twice, however coarse the clock is.
    let now = ctx
        .now()
        .max(current.updated_at + TimeDelta::microseconds(1));
    let finishes = is_final(status) && current.finished_at.is_none();
    let mut row = current.into_active_model();
    row.status = Set(status);
    row.updated_at = Set(now);
    if finishes {
        row.finished_at = Set(Some(now));
    }
    if patch.report_text.is_some() {
        row.report_text = Set(patch.report_text);
    }
    if patch.rollback_reason.is_some() {
        row.rollback_reason = Set(patch.rollback_reason);
    }
    Ok(row.update(tx).await?)
}

/// # Errors
///
/// [`Error::DeploymentNotFound`].
pub async fn find(db: &impl ConnectionTrait, id: DeploymentId) -> Result<Model, Error> {
    let found = Entity::find_by_id(id).one(db).await?;
    found.ok_or(Error::DeploymentNotFound { id })
}

/// The one that began last.
///
/// # Errors
///
/// [`Error::NoDeployment`] if there is none like that.
pub async fn latest(db: &impl ConnectionTrait, filter: &Filter) -> Result<Model, Error> {
    let query = Entity::find().filter(wanted(filter));
    let newest = query.order_by_desc(Column::Id).one(db).await?;
    newest.ok_or(Error::NoDeployment)
}

/// The one that began last comes first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &Page<DeploymentId>,
) -> Result<Listed<Model>, Error> {
    let wanted = wanted(filter).add_option(page.after.map(|known| Column::Id.lt(known)));
    let rows = Entity::find()
        .filter(wanted)
        .order_by_desc(Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

fn wanted(filter: &Filter) -> Condition {
    let branch = filter.branch.as_deref();
    Condition::all()
        .add_option(branch.map(|branch| Column::Branch.eq(branch)))
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
}

fn check(new: &NewDeployment) -> Result<(), Error> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if !(7..=64).contains(&new.git_sha.len()) || !new.git_sha.bytes().all(is_hex) {
        let detail = "must be 7 to 64 hexadecimal digits, in lower case".to_owned();
        let field = "/git_sha";
        return Err(Error::Invalid { field, detail });
    }
    text::check_line("/branch", &new.branch, LONGEST_BRANCH)?;
    text::check_line("/trigger", &new.trigger, LONGEST_TRIGGER)?;
    text::check_line("/deployed_by", &new.deployed_by, LONGEST_NAME)?;
    check_report(new.report_text.as_deref())
}

fn check_report(report: Option<&str>) -> Result<(), Error> {
    let Some(report) = report else { return Ok(()) };
    if report.chars().count() > LONGEST_REPORT {
        let detail = format!("must have at most {LONGEST_REPORT} characters");
        let field = "/report_text";
        return Err(Error::Invalid { field, detail });
    }
    text::check_storable("/report_text", report)
}

fn check_reason(
    current: &Model,
    status: DeploymentStatus,
    reason: Option<&str>,
) -> Result<(), Error> {
    let field = "/rollback_reason";
    let is_rolled_back = status == DeploymentStatus::RolledBack;
    let detail = match reason {
        None if is_rolled_back && current.rollback_reason.is_none() => {
            "is needed for rolled_back".to_owned()
        }
        Some(_) if !is_rolled_back => "is for rolled_back alone".to_owned(),
        Some(reason) if !(1..=LONGEST_REASON).contains(&reason.chars().count()) => {
            format!("must be 1 to {LONGEST_REASON} characters")
        }
        Some(reason) => return text::check_storable(field, reason),
        None => return Ok(()),
    };
    Err(Error::Invalid { field, detail })
}
