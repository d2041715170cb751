//! `/v1/api-tokens`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    identity::api_token,
    values::{ApiTokenId, UserId},
};
use identity::{Ctx, Scopes, api_tokens};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath},
    problem::Problem,
    schema,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/api-tokens", list_api_tokens).post(create_api_token))
        .service(
            readable("/v1/api-tokens/{id}", get_api_token)
                .route(web::delete().to(revoke_api_token)),
        );
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiTokenIn {
    /// What the token is for, as a person knows it again.
    #[schema(min_length = 1, max_length = 200, example = "nightly import")]
    pub name: String,
    /// What the token is good for. `books:write` includes `books:read`, `admin` includes all.
    #[schema(value_type = Vec<schema::Scope>, min_items = 1)]
    pub scopes: Scopes,
    /// Default: never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The token of a program, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiTokenOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ApiTokenId,
    pub name: String,
    /// The token's first characters.
    pub prefix: String,
    #[schema(value_type = Vec<schema::Scope>)]
    pub scopes: Scopes,
    pub expires_at: Option<DateTime<Utc>>,
    /// To the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl From<api_token::Model> for ApiTokenOut {
    fn from(token: api_token::Model) -> Self {
        Self {
            id: token.id,
            scopes: api_tokens::scopes_of(&token),
            name: token.name,
            prefix: token.prefix,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
            created_at: token.created_at,
        }
    }
}

/// A new token, with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct NewApiTokenOut {
    /// What the program sends as `Authorization: Bearer`. It is kept nowhere.
    #[schema(example = "tsk_…")]
    pub token: String,
    #[serde(flatten)]
    pub api_token: ApiTokenOut,
}

/// Makes a token for a program of the caller's. The answer shows it this once, so a repetition makes another.
#[utoipa::path(
    post, path = "/v1/api-tokens", tag = "Accounts", request_body = ApiTokenIn,
    responses(
        (status = 201, description = "Made", body = NewApiTokenOut, headers(("Location" = String))),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn create_api_token(call: Call, body: Body<ApiTokenIn>) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let scopes = body.value.scopes;
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let (name, expires_at) = (&body.value.name, body.value.expires_at);
        let made = api_tokens::create(ctx, tx, ctx.scope, name, scopes, expires_at).await?;
        let (secret, row) = made;
        let location = format!("/v1/api-tokens/{}", row.id);
        let out = NewApiTokenOut {
            token: secret.expose().to_owned(),
            api_token: row.into(),
        };
        Ok(Answer::created(location, &out)?
            .noting("name", name.as_str())
            .noting("scopes", scopes.to_string()))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListApiTokens {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The caller's tokens in the order of their making, with those that are revoked or have expired.
#[utoipa::path(
    get, path = "/v1/api-tokens", tag = "Accounts", params(ListApiTokens),
    responses((status = 200, description = "A page", body = ListOut<ApiTokenOut>)),
)]
pub async fn list_api_tokens(call: Call<ListApiTokens>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let owner: UserId = call.ctx.scope;
    let found = api_tokens::list(&call.ctx, &call.ctx.shared(), owner, &page).await?;
    let list = ListOut::new(found, |last| last.id, ApiTokenOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One of the caller's tokens.
#[utoipa::path(
    get, path = "/v1/api-tokens/{id}", tag = "Accounts", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The token, without its secret", body = ApiTokenOut),
        (status = 404, description = "`api_token_not_found`"),
    ),
)]
pub async fn get_api_token(
    call: Call,
    UrlPath(id): UrlPath<ApiTokenId>,
) -> Result<HttpResponse, Problem> {
    let found = api_tokens::find(&call.ctx, &call.ctx.shared(), call.ctx.scope, id).await?;
    Ok(Answer::ok(&ApiTokenOut::from(found))?.into())
}

/// Ends a token at once, and for good.
#[utoipa::path(
    delete, path = "/v1/api-tokens/{id}", tag = "Accounts", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Revoked", body = ApiTokenOut),
        (status = 404, description = "`api_token_not_found`"),
    ),
)]
pub async fn revoke_api_token(
    call: Call,
    UrlPath(id): UrlPath<ApiTokenId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let revoked = api_tokens::revoke(ctx, tx, ctx.scope, id).await?;
        Answer::ok(&ApiTokenOut::from(revoked))
    })
    .await
}
