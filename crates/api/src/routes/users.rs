//! `/v1/users`, for administrators, and `/v1/me`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    identity::user,
    values::{self, PortfolioId, UserId},
};
use identity::{
    Ctx, Password, Scopes,
    users::{self, NewUser, UserFilter},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath, check_search, given, present},
    problem::Problem,
    schema::{self, UserRole},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/me", get_me).route(web::patch().to(update_me)))
        .service(readable("/v1/users", list_users).post(add_user))
        .service(readable("/v1/users/{id}", get_user).route(web::patch().to(update_user)))
        .service(web::resource("/v1/users/{id}/password").post(set_password))
        .service(web::resource("/v1/users/{id}/logout").post(end_sessions));
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserIn {
    #[schema(example = "me@example.org", max_length = 254)]
    pub email: String,
    /// Default: what stands before the @.
    #[schema(min_length = 1, max_length = 200)]
    pub display_name: Option<String>,
    #[schema(value_type = UserRole)]
    pub role: values::UserRole,
    /// Without one the user cannot log in, but have tokens.
    #[schema(value_type = Option<String>, min_length = 8, max_length = 128)]
    pub password: Option<Password>,
}

/// What to change; a field left out keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 200)]
    pub display_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<UserRole>, nullable = false)]
    pub role: Option<values::UserRole>,
    /// `false` ends the user's sessions and tokens at once.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub is_active: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasswordIn {
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    pub password: Password,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UserOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    pub email: String,
    pub display_name: String,
    #[schema(value_type = UserRole)]
    pub role: values::UserRole,
    pub is_active: bool,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub default_portfolio_id: Option<PortfolioId>,
    pub last_login_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<user::Model> for UserOut {
    fn from(user: user::Model) -> Self {
        Self {
            id: user.id,
            email: user.email,
            display_name: user.display_name,
            role: user.role,
            is_active: user.is_active,
            default_portfolio_id: user.default_portfolio_id,
            last_login_at: user.last_login_at,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// Adds a user.
#[utoipa::path(
    post, path = "/v1/users", tag = "Accounts", request_body = UserIn,
    responses(
        (status = 201, description = "Added", body = UserOut, headers(("Location" = String))),
        (status = 409, description = "`email_taken`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn add_user(call: Call, body: Body<UserIn>) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let UserIn {
        email,
        display_name,
        role,
        password,
    } = body.value;
    let before_the_at = || email.split('@').next().unwrap_or_default().to_owned();
    let display_name = display_name.unwrap_or_else(before_the_at);
    let password_hash = match password {
        Some(new) => Some(hash(&call, &new, &email, &display_name).await?),
        None => None,
    };
    let new = NewUser {
        email,
        display_name,
        role,
        password_hash,
    };
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let added = users::add(ctx, tx, new.clone()).await?;
        let location = format!("/v1/users/{}", added.id);
        Ok(Answer::created(location, &UserOut::from(added))?.noting("role", role.as_str()))
    })
    .await
}

/// The hash of a password that is strong enough for a user of this address and name.
pub async fn hash<Q>(
    call: &Call<Q>,
    password: &Password,
    email: &str,
    display_name: &str,
) -> Result<String, Problem> {
    let passwords = &call.state.security.passwords;
    Ok(passwords.hash_chosen(password, email, display_name).await?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListUsers {
    /// A part of the address or the name, in capitals or not.
    #[param(max_length = 200)]
    q: Option<String>,
    is_active: Option<bool>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The users, in the order of their making.
#[utoipa::path(
    get, path = "/v1/users", tag = "Accounts", params(ListUsers),
    responses((status = 200, description = "A page", body = ListOut<UserOut>)),
)]
pub async fn list_users(call: Call<ListUsers>) -> Result<HttpResponse, Problem> {
    check_search(call.query.q.as_deref())?;
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let filter = UserFilter {
        text: call.query.q.clone(),
        is_active: call.query.is_active,
    };
    let found = users::list(&call.ctx, &call.ctx.shared(), &filter, &page).await?;
    let list = ListOut::new(found, |last| last.id, UserOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One user.
#[utoipa::path(
    get, path = "/v1/users/{id}", tag = "Accounts", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The user", body = UserOut),
        (status = 404, description = "`user_not_found`"),
    ),
)]
pub async fn get_user(call: Call, UrlPath(id): UrlPath<UserId>) -> Result<HttpResponse, Problem> {
    let found = users::find(&call.ctx, &call.ctx.shared(), id).await?;
    Ok(Answer::ok(&UserOut::from(found))?.into())
}

/// Changes a user's name or role, or disables them: then their sessions and tokens end at once.
#[utoipa::path(
    patch, path = "/v1/users/{id}", tag = "Accounts", request_body = UserPatch,
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Changed", body = UserOut),
        (status = 404, description = "`user_not_found`"),
        (status = 409, description = "`last_admin`: nobody could administer the service any more"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn update_user(
    call: Call,
    UrlPath(id): UrlPath<UserId>,
    body: Body<UserPatch>,
) -> Result<HttpResponse, Problem> {
    let UserPatch {
        display_name,
        role,
        is_active,
    } = body.value;
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let mut user = users::find(ctx, tx, id).await?;
        let mut details: Vec<(&str, Value)> = Vec::new();
        if let Some(name) = &display_name {
            user = users::set_display_name(ctx, tx, id, name).await?.after;
        }
        if let Some(role) = role {
            user = users::set_role(ctx, tx, id, role).await?.after;
            details.push(("role", role.as_str().into()));
        }
        if let Some(is_active) = is_active {
            user = users::set_active(ctx, tx, id, is_active).await?.after;
            details.push(("is_active", is_active.into()));
        }
        let answer = Answer::ok(&UserOut::from(user))?;
        Ok(details
            .into_iter()
            .fold(answer, |answer, (name, value)| answer.noting(name, value)))
    })
    .await
}

/// Gives a user another password. Their sessions end at once.
#[utoipa::path(
    post, path = "/v1/users/{id}/password", tag = "Accounts", request_body = NewPasswordIn,
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "Set"),
        (status = 404, description = "`user_not_found`"),
        (status = 422, description = "`validation_failed`: the password is too weak"),
    ),
)]
pub async fn set_password(
    call: Call,
    UrlPath(id): UrlPath<UserId>,
    body: Body<NewPasswordIn>,
) -> Result<HttpResponse, Problem> {
    call.refuse_idempotency_key()?;
    let user = users::find(&call.ctx, &call.ctx.shared(), id).await?;
    let new = &body.value.password;
    let hash = hash(&call, new, &user.email, &user.display_name).await?;
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        users::set_password(ctx, tx, id, hash.clone()).await?;
        Ok(Answer::no_content())
    })
    .await
}

/// Ends all of a user's sessions at once. Tokens of programs stay.
#[utoipa::path(
    post, path = "/v1/users/{id}/logout", tag = "Accounts", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "`user_not_found`"),
    ),
)]
pub async fn end_sessions(
    call: Call,
    UrlPath(id): UrlPath<UserId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        identity::sessions::logout_everywhere(ctx, tx, id).await?;
        Ok(Answer::no_content())
    })
    .await
}

/// Who asks, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeOut {
    #[schema(inline)]
    #[serde(flatten)]
    pub user: UserOut,
    /// What the token is good for; null in a session.
    #[schema(value_type = Option<Vec<schema::Scope>>)]
    pub scopes: Option<Scopes>,
}

/// The caller.
#[utoipa::path(
    get, path = "/v1/me", tag = "Accounts",
    responses((status = 200, description = "Who asks", body = MeOut)),
)]
pub async fn get_me(call: Call) -> Result<HttpResponse, Problem> {
    let user = users::find(&call.ctx, &call.ctx.shared(), call.ctx.scope).await?;
    let scopes = call.principal.as_ref().and_then(|known| known.scopes);
    let out = MeOut {
        user: user.into(),
        scopes,
    };
    Ok(Answer::ok(&out)?.into())
}

/// What to change of oneself; a field left out keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MePatch {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 200)]
    pub display_name: Option<String>,
    /// One of the caller's own; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    #[allow(clippy::option_option)]
    pub default_portfolio_id: Option<Option<PortfolioId>>,
}

/// Changes the caller's name or default portfolio.
#[utoipa::path(
    patch, path = "/v1/me", tag = "Accounts", request_body = MePatch,
    responses(
        (status = 200, description = "Changed", body = UserOut),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn update_me(call: Call, body: Body<MePatch>) -> Result<HttpResponse, Problem> {
    let MePatch {
        display_name,
        default_portfolio_id,
    } = body.value;
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let me = ctx.scope;
        let mut user = users::find(ctx, tx, me).await?;
        if let Some(name) = &display_name {
            user = users::set_display_name(ctx, tx, me, name).await?.after;
        }
        if let Some(portfolio) = default_portfolio_id {
            user = users::set_default_portfolio(ctx, tx, me, portfolio)
                .await?
                .after;
        }
        Ok(Answer::ok(&UserOut::from(user))?.about(me))
    })
    .await
}
