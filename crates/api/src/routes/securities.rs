//! `/v1/securities`

use actix_web::{HttpResponse, web::ServiceConfig};
use books::securities::{self, NewSecurity};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    books::security,
    values::{self, SecurityId},
};
use identity::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::{Answer, show},
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Body, Call, Limit, UrlPath, check_search},
    idempotency,
    problem::Problem,
    schema::SecurityKind,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/securities", list_securities).post(create_security))
        .service(readable("/v1/securities/{id}", get_security));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityIn {
    /// Unique.
    #[schema(pattern = "^[A-Z0-9._'-]{1,40}$", example = "BRK.B")]
    pub symbol: String,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    #[schema(value_type = SecurityKind)]
    pub kind: values::SecurityKind,
    /// The currency of its prices, ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
    pub exchange: Option<String>,
    pub isin: Option<String>,
    pub figi: Option<String>,
    pub sector: Option<String>,
    pub country: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: SecurityId,
    pub symbol: String,
    pub name: String,
    #[schema(value_type = SecurityKind)]
    pub kind: values::SecurityKind,
    /// The currency of its prices, ISO 4217.
    pub currency: String,
    pub exchange: Option<String>,
    pub isin: Option<String>,
    pub figi: Option<String>,
    pub sector: Option<String>,
    pub country: Option<String>,
    pub is_active: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<security::Model> for SecurityOut {
    fn from(security: security::Model) -> Self {
        Self {
            id: security.id,
            symbol: security.symbol,
            name: security.name,
            kind: security.kind,
            currency: security.currency,
            exchange: security.exchange,
            isin: security.isin,
            figi: security.figi,
            sector: security.sector,
            country: security.country,
            is_active: security.is_active,
            created_at: security.created_at,
            updated_at: security.updated_at,
        }
    }
}

fn etag_of(security: &security::Model) -> Etag {
    Etag::of_row(security.id, security.updated_at)
}

/// Registers a security.
#[utoipa::path(
    post, path = "/v1/securities", tag = "Securities", request_body = SecurityIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Registered", body = SecurityOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "`symbol_taken`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn create_security(call: Call, body: Body<SecurityIn>) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewSecurity {
        symbol: value.symbol,
        name: value.name,
        kind: value.kind,
        currency: value.currency,
        exchange: value.exchange,
        isin: value.isin,
        figi: value.figi,
        sector: value.sector,
        country: value.country,
    };
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let made = securities::create(ctx, tx, new.clone()).await?;
        let (location, etag) = (format!("/v1/securities/{}", made.id), etag_of(&made));
        Ok(Answer::created(location, &SecurityOut::from(made))?.with_etag(etag))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSecurities {
    /// A part of the symbol or the name, in capitals or not.
    #[param(max_length = 200)]
    q: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The securities, in the order of their making.
#[utoipa::path(
    get, path = "/v1/securities", tag = "Securities", params(ListSecurities),
    responses((status = 200, description = "A page", body = ListOut<SecurityOut>)),
)]
pub async fn list_securities(call: Call<ListSecurities>) -> Result<HttpResponse, Problem> {
    let q = call.query.q.as_deref();
    check_search(q)?;
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = securities::list(&call.ctx, &call.ctx.shared(), q, &page).await?;
    let list = ListOut::new(found, |last| last.id, SecurityOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One security.
#[utoipa::path(
    get, path = "/v1/securities/{id}", tag = "Securities",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The security", body = SecurityOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`security_not_found`"),
    ),
)]
pub async fn get_security(
    call: Call,
    UrlPath(id): UrlPath<SecurityId>,
) -> Result<HttpResponse, Problem> {
    let found = securities::find(&call.ctx, &call.ctx.shared(), id).await?;
    show(&call, etag_of(&found), || SecurityOut::from(found))
}
