//! `/v1/portfolios/{id}/shares` and `/v1/shared-portfolios`

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::values::{self, PortfolioId, UserId};
use identity::{
    Ctx,
    shares::{self, Share},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath},
    idempotency,
    problem::Problem,
    schema::SharePermission,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/portfolios/{id}/shares", list_shares).post(share_portfolio))
        .service(
            web::resource("/v1/portfolios/{id}/shares/{user_id}")
                .route(web::delete().to(withdraw_share)),
        )
        .service(readable("/v1/shared-portfolios", list_shared_portfolios));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareIn {
    /// Of the user with whom the portfolio is shared.
    #[schema(example = "friend@example.org", max_length = 254)]
    pub email: String,
    #[schema(value_type = SharePermission)]
    pub permission: values::SharePermission,
}

/// What another user may do with a portfolio.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareOut {
    #[schema(value_type = uuid::Uuid)]
    pub portfolio_id: PortfolioId,
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    pub email: String,
    pub display_name: String,
    #[schema(value_type = SharePermission)]
    pub permission: values::SharePermission,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<Share> for ShareOut {
    fn from(Share { row, other }: Share) -> Self {
        Self {
            portfolio_id: row.portfolio_id,
            user_id: other.id,
            email: other.email,
            display_name: other.display_name,
            permission: row.permission,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A portfolio of another user's, and what the caller may do with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharedPortfolioOut {
    #[schema(value_type = uuid::Uuid)]
    pub portfolio_id: PortfolioId,
    #[schema(value_type = uuid::Uuid)]
    pub owner_user_id: UserId,
    pub owner_email: String,
    pub owner_name: String,
    #[schema(value_type = SharePermission)]
    pub permission: values::SharePermission,
    pub created_at: DateTime<Utc>,
}

impl From<Share> for SharedPortfolioOut {
    fn from(Share { row, other }: Share) -> Self {
        Self {
            portfolio_id: row.portfolio_id,
            owner_user_id: other.id,
            owner_email: other.email,
            owner_name: other.display_name,
            permission: row.permission,
            created_at: row.created_at,
        }
    }
}

/// Shares a portfolio with another user, or changes what they may do with it.
///
/// `read` lets them see it and run patterns on it; `trade` lets them import transactions as well. Only the
/// owner renames, deletes and shares it.
#[utoipa::path(
    post, path = "/v1/portfolios/{id}/shares", tag = "Portfolios", request_body = ShareIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Shared", body = ShareOut),
        (status = 404, description = "`portfolio_not_found`, `user_not_found`"),
        (status = 422, description = "`validation_failed`: the user is the owner"),
    ),
)]
pub async fn share_portfolio(
    call: Call,
    UrlPath(id): UrlPath<PortfolioId>,
    body: Body<ShareIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        books::portfolios::find(ctx, tx, id).await?;
        let share = shares::grant(ctx, tx, id, &value.email, value.permission).await?;
        let (grantee, permission) = (share.other.id.to_string(), share.row.permission);
        Ok(Answer::ok(&ShareOut::from(share))?
            .with_status(StatusCode::CREATED)
            .noting("grantee_user_id", grantee)
            .noting("permission", permission.as_str()))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListShares {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// With whom a portfolio is shared.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/shares", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ListShares),
    responses(
        (status = 200, description = "A page", body = ListOut<ShareOut>),
        (status = 404, description = "`portfolio_not_found`"),
    ),
)]
pub async fn list_shares(
    call: Call<ListShares>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    books::portfolios::find(&call.ctx, call.ctx.database.reader(), id).await?;
    let found = shares::of_portfolio(&call.ctx, &call.ctx.shared(), id, &page).await?;
    let list = ListOut::new(found, |last| last.other.id, ShareOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// Ends a share; from now on the portfolio is not there for that user.
#[utoipa::path(
    delete, path = "/v1/portfolios/{id}/shares/{user_id}", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ("user_id" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "`share_not_found`"),
    ),
)]
pub async fn withdraw_share(
    call: Call,
    UrlPath((id, grantee)): UrlPath<(PortfolioId, UserId)>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        shares::withdraw(ctx, tx, id, grantee).await?;
        Ok(Answer::no_content().noting("grantee_user_id", grantee.to_string()))
    })
    .await
}

/// The portfolios that others share with the caller.
#[utoipa::path(
    get, path = "/v1/shared-portfolios", tag = "Portfolios", params(ListShares),
    responses((status = 200, description = "A page", body = ListOut<SharedPortfolioOut>)),
)]
pub async fn list_shared_portfolios(call: Call<ListShares>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = shares::with_me(&call.ctx, &call.ctx.shared(), &page).await?;
    let list = ListOut::new(
        found,
        |last| last.row.portfolio_id,
        SharedPortfolioOut::from,
    );
    Ok(Answer::ok(&list)?.into())
}
