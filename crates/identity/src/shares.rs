//! What a portfolio's owner lets other users do with it.

use db::{
    ConnectionTrait, DbErr, Tx,
    page::{Listed, Page},
};
use entity::{
    identity::{portfolio_share, user},
    values::{PortfolioId, SharePermission, UserId},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, sea_query::OnConflict,
};

use crate::Ctx;

/// Why a share cannot be given, taken back or used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no active user {email}; ask an administrator to add them")]
    NoSuchUser { email: String },
    #[error("the portfolio is yours already; share it with somebody else")]
    OwnPortfolio,
    #[error("the portfolio is not shared with this user")]
    NotShared,
    #[error("this portfolio is shared with you to {granted}, not to {wanted}; ask its owner")]
    NotPermitted {
        granted: SharePermission,
        wanted: SharePermission,
        /// Whose portfolio it is.
        owner: UserId,
    },
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::Database(error.into())
    }
}

/// One share, with the user on its other side.
#[derive(Clone, Debug)]
pub struct Share {
    pub row: portfolio_share::Model,
    /// The grantee where the owner asks, the owner where a grantee does.
    pub other: user::Model,
}

/// The context of the same actor on the books of the owner of `portfolio`, if it is shared with them to
/// do what is `wanted`; `None` if it is not shared with them at all.
///
/// The primary decides, not a replica.
pub async fn enter(
    ctx: &Ctx,
    primary: &impl ConnectionTrait,
    portfolio: PortfolioId,
    wanted: SharePermission,
) -> Result<Option<Ctx>, Error> {
    let Some(me) = ctx.actor.user_id else {
        return Ok(None);
    };
    let share = portfolio_share::Entity::find()
        .filter(portfolio_share::Column::GranteeUserId.eq(me))
        .filter(portfolio_share::Column::PortfolioId.eq(portfolio))
        .one(primary)
        .await?;
    match share {
        None => Ok(None),
        Some(share) if share.permission >= wanted => Ok(Some(ctx.in_scope(share.owner_user_id))),
        Some(share) => Err(Error::NotPermitted {
            granted: share.permission,
            wanted,
            owner: share.owner_user_id,
        }),
    }
}

/// Shares a portfolio of the scope with the user of this address, or changes what they may do. Whoever
/// calls this knows that the portfolio is there.
pub async fn grant(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: PortfolioId,
    email: &str,
    permission: SharePermission,
) -> Result<Share, Error> {
    let email = email.trim().to_lowercase();
    let found = user::Entity::find()
        .filter(user::Column::Email.eq(email.as_str()))
        .filter(user::Column::IsActive.eq(true))
        .one(tx)
        .await?;
    let Some(grantee) = found else {
        return Err(Error::NoSuchUser { email });
    };
    if grantee.id == ctx.scope {
        return Err(Error::OwnPortfolio);
    }
    let now = ctx.now();
    let row = portfolio_share::ActiveModel {
        owner_user_id: Set(ctx.scope),
        portfolio_id: Set(portfolio),
        grantee_user_id: Set(grantee.id),
        permission: Set(permission),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let key = [
        portfolio_share::Column::OwnerUserId,
        portfolio_share::Column::PortfolioId,
        portfolio_share::Column::GranteeUserId,
    ];
    let changes = [
        portfolio_share::Column::Permission,
        portfolio_share::Column::UpdatedAt,
    ];
    let row = portfolio_share::Entity::insert(row)
        .on_conflict(OnConflict::columns(key).update_columns(changes).to_owned())
        .exec_with_returning(tx)
        .await?;
    Ok(Share {
        row,
        other: grantee,
    })
}

/// With whom a portfolio of the scope is shared, in the order of the users' making.
pub async fn of_portfolio(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: PortfolioId,
    page: &Page<UserId>,
) -> Result<Listed<Share>, Error> {
    let mut query = portfolio_share::Entity::find()
        .filter(portfolio_share::Column::OwnerUserId.eq(ctx.scope))
        .filter(portfolio_share::Column::PortfolioId.eq(portfolio));
    if let Some(known) = page.after {
        query = query.filter(portfolio_share::Column::GranteeUserId.gt(known));
    }
    let rows = query
        .order_by_asc(portfolio_share::Column::GranteeUserId)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    with_users(db, page.cut(rows), |share| share.grantee_user_id).await
}

/// What others share with the scope's user, in the order of the portfolios' making.
pub async fn with_me(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    page: &Page<PortfolioId>,
) -> Result<Listed<Share>, Error> {
    let mut query = portfolio_share::Entity::find()
        .filter(portfolio_share::Column::GranteeUserId.eq(ctx.scope));
    if let Some(known) = page.after {
        query = query.filter(portfolio_share::Column::PortfolioId.gt(known));
    }
    let rows = query
        .order_by_asc(portfolio_share::Column::PortfolioId)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    with_users(db, page.cut(rows), |share| share.owner_user_id).await
}

/// Takes one user's share of a portfolio of the scope back; it ends with the caller's transaction.
pub async fn withdraw(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: PortfolioId,
    grantee: UserId,
) -> Result<(), Error> {
    let key = (ctx.scope, portfolio, grantee);
    let gone = portfolio_share::Entity::delete_by_id(key).exec(tx).await?;
    if gone.rows_affected == 0 {
        return Err(Error::NotShared);
    }
    Ok(())
}

/// Takes all shares of a portfolio of the scope back: no foreign key does so where it is deleted.
pub async fn withdraw_all(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: PortfolioId,
) -> Result<(), DbErr> {
    portfolio_share::Entity::delete_many()
        .filter(portfolio_share::Column::OwnerUserId.eq(ctx.scope))
        .filter(portfolio_share::Column::PortfolioId.eq(portfolio))
        .exec(db)
        .await?;
    Ok(())
}

async fn with_users(
    db: &impl ConnectionTrait,
    shares: Listed<portfolio_share::Model>,
    other: impl Fn(&portfolio_share::Model) -> UserId,
) -> Result<Listed<Share>, Error> {
    let ids = shares.items.iter().map(&other);
    let users = user::Entity::find()
        .filter(user::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let with_user = |row: portfolio_share::Model| {
        let id = other(&row);
        let other = users.iter().find(|user| user.id == id)?.clone();
        Some(Share { row, other })
    };
    Ok(Listed {
        items: shares.items.into_iter().filter_map(with_user).collect(),
        has_more: shares.has_more,
    })
}
