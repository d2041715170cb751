//! Whom the owner of an approval asks besides themselves: they may see that approval and vote on it, and
//! nothing else of the owner's.

use db::{
    ConnectionTrait, DbErr, Tx,
    page::{Listed, Page},
};
use entity::{
    identity::{
        approval_approver::{ActiveModel, Column, Entity, Model},
        user,
    },
    values::{ApprovalId, UserId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::Ctx;

/// Why somebody cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no active user {email}; ask an administrator to add them")]
    NoSuchUser { email: String },
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Database(error.into())
    }
}

/// Asks the users of these addresses about an approval of the scope; who they are, without the owner, who is
/// asked anyway, and each once.
pub async fn ask(
    ctx: &Ctx,
    tx: &Tx,
    approval: ApprovalId,
    emails: &[String],
) -> Result<Vec<UserId>, Error> {
    let mut asked = Vec::new();
    for email in emails {
        let id = active_user(tx, email).await?;
        if id != ctx.scope && !asked.contains(&id) {
            asked.push(id);
        }
    }
    let row = |approver: &UserId| ActiveModel {
        owner_user_id: Set(ctx.scope),
        approval_id: Set(approval),
        approver_user_id: Set(*approver),
        created_at: Set(ctx.now()),
    };
    if !asked.is_empty() {
        Entity::insert_many(asked.iter().map(row))
            .exec_without_returning(tx)
            .await?;
    }
    Ok(asked)
}

/// Who is asked about an approval of the scope besides the owner.
pub async fn of_approval(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    approval: ApprovalId,
) -> Result<Vec<UserId>, db::Error> {
    let asked = Entity::find()
        .select_only()
        .column(Column::ApproverUserId)
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .filter(Column::ApprovalId.eq(approval))
        .order_by_asc(Column::ApproverUserId);
    Ok(asked.into_tuple().all(db).await?)
}

/// The context of the same actor in the scope of the approval's owner, if they are asked about it.
///
/// The primary decides, not a replica.
pub async fn enter(
    ctx: &Ctx,
    primary: &impl ConnectionTrait,
    approval: ApprovalId,
) -> Result<Option<Ctx>, db::Error> {
    let Some(me) = ctx.actor.user_id else {
        return Ok(None);
    };
    let asked = Entity::find()
        .filter(Column::ApproverUserId.eq(me))
        .filter(Column::ApprovalId.eq(approval))
        .one(primary)
        .await?;
    Ok(asked.map(|asked| ctx.in_scope(asked.owner_user_id)))
}

/// The approvals of others that the scope's user is or was asked about, in the order of their making.
pub async fn asking_me(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    page: &Page<ApprovalId>,
) -> Result<Listed<Model>, db::Error> {
    let mut query = Entity::find().filter(Column::ApproverUserId.eq(ctx.scope));
    if let Some(known) = page.after {
        query = query.filter(Column::ApprovalId.gt(known));
    }
    let rows = query
        .order_by_asc(Column::ApprovalId)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

async fn active_user(tx: &Tx, email: &str) -> Result<UserId, Error> {
    let email = email.trim().to_lowercase();
    let found = user::Entity::find()
        .filter(user::Column::Email.eq(email.as_str()))
        .filter(user::Column::IsActive.eq(true))
        .one(tx)
        .await?;
    found.map(|user| user.id).ok_or(Error::NoSuchUser { email })
}
