//! `/v1/tokens/reservations`

mod out;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::TimeDelta;
use db::{Tx, page::Page};
use entity::values::{self, Money, TokenReservationId};
use identity::Ctx;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use workflow::tokens::reservations::{self, NewReservation};

pub use out::{ReservationOut, ReservationState, ReservedOut, SettledOut};

use super::{
    readable,
    tokens::{Counted, UsageIn, cost_of},
};
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath, whole},
    idempotency,
    problem::Problem,
    schema::{Decimal, TokenScope},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            readable("/v1/tokens/reservations", list_token_reservations)
                .route(web::post().to(reserve_tokens)),
        )
        .service(readable(
            "/v1/tokens/reservations/{id}",
            get_token_reservation,
        ))
        .service(
            web::resource("/v1/tokens/reservations/{id}/settle").post(settle_token_reservation),
        )
        .service(
            web::resource("/v1/tokens/reservations/{id}/release").post(release_token_reservation),
        );
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationIn {
    #[schema(value_type = TokenScope)]
    pub scope: values::TokenScope,
    /// Input and output that the call may have at most.
    #[schema(minimum = 0, maximum = 2_000_000_000_i64)]
    #[serde(deserialize_with = "whole")]
    pub estimated_tokens: i64,
    /// What it may cost at most; needed where a budget in money limits the scope, in its currency.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub estimated_cost: Option<Money>,
    /// ISO 4217.
    #[serde(default)]
    #[schema(
        example = "USD",
        min_length = 3,
        max_length = 3,
        pattern = "^[A-Z]{3}$"
    )]
    pub cost_currency: Option<String>,
    /// After so many seconds it holds nothing any more.
    #[serde(default = "ten_minutes")]
    #[schema(minimum = 1, maximum = 86_400, default = 600)]
    #[serde(deserialize_with = "whole")]
    pub expires_in_s: u32,
}

fn ten_minutes() -> u32 {
    600
}

impl TryFrom<ReservationIn> for NewReservation {
    type Error = Problem;

    fn try_from(body: ReservationIn) -> Result<Self, Problem> {
        let fields = ["/estimated_cost", "/cost_currency"].map(str::to_owned);
        Ok(Self {
            scope: body.scope,
            estimated_tokens: body.estimated_tokens,
            estimated_cost: cost_of(body.estimated_cost, body.cost_currency, &fields)?,
            expires_in: TimeDelta::seconds(body.expires_in_s.into()),
        })
    }
}

/// Sets aside what a call of a model may use, of every budget that limits its scope.
#[utoipa::path(
    post, path = "/v1/tokens/reservations", tag = "Tokens", request_body = ReservationIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Set aside; `warnings` names budgets whose soft limit is passed",
            body = ReservedOut, headers(("Location" = String))),
        (status = 409, description = "`budget_exceeded`: `budget` says which, and how it stands"),
        (status = 422, description = "`validation_failed`, `number_too_large`"),
    ),
)]
pub async fn reserve_tokens(
    call: Call,
    body: Body<ReservationIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewReservation::try_from(value)?;
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let reserved = reservations::reserve(ctx, tx, &new).await?;
        let location = format!("/v1/tokens/reservations/{}", reserved.reservation.id);
        Answer::created(location, &ReservedOut::new(reserved, ctx.now())?)
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTokenReservations {
    /// Only those that hold something now, or only those that do not.
    open: Option<bool>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The reservations, the newest first. They are kept until a week after they have expired.
#[utoipa::path(
    get, path = "/v1/tokens/reservations", tag = "Tokens", params(ListTokenReservations),
    responses((status = 200, description = "A page", body = ListOut<ReservationOut>)),
)]
pub async fn list_token_reservations(
    call: Call<ListTokenReservations>,
) -> Result<HttpResponse, Problem> {
    let (query, ctx) = (&call.query, &call.ctx);
    let (after, limit) = page::<TokenReservationId>(query.limit, query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = reservations::list(ctx, ctx.database.reader(), query.open, &page).await?;
    let now = ctx.now();
    let list = ListOut::new(
        found,
        |last| last.id,
        |reservation| ReservationOut::new(reservation, now),
    );
    Ok(Answer::ok(&list)?.into())
}

/// One reservation.
#[utoipa::path(
    get, path = "/v1/tokens/reservations/{id}", tag = "Tokens",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The reservation", body = ReservationOut),
        (status = 404, description = "`token_reservation_not_found`"),
    ),
)]
pub async fn get_token_reservation(
    call: Call,
    UrlPath(id): UrlPath<TokenReservationId>,
) -> Result<HttpResponse, Problem> {
    let found = reservations::find(&call.ctx, call.ctx.database.reader(), id).await?;
    Ok(Answer::ok(&ReservationOut::new(found, call.ctx.now()))?.into())
}

/// Counts what the call used in place of what was set aside for it, also after the reservation has expired.
#[utoipa::path(
    post, path = "/v1/tokens/reservations/{id}/settle", tag = "Tokens", request_body = UsageIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Settled", body = SettledOut),
        (status = 404, description = "`token_reservation_not_found`, `thread_not_found`, `job_not_found`"),
        (status = 409, description = "`token_reservation_closed`: it was released, or settled with another usage; \
            `request_id_taken`"),
        (status = 422, description = "`validation_failed`, `number_too_large`"),
    ),
)]
pub async fn settle_token_reservation(
    call: Call,
    UrlPath(id): UrlPath<TokenReservationId>,
    body: Body<UsageIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = value.into_new("")?;
    let counted = Counted::default();
    let answer = idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let prices = &call.state.config.token_prices;
        let settled = reservations::settle(ctx, tx, prices, id, &new).await?;
        counted.set(std::slice::from_ref(&settled.usage));
        Answer::ok(&SettledOut::new(settled, ctx.now()))
    })
    .await?;
    counted.observe(&call);
    Ok(answer)
}

/// Gives back what was set aside.
#[utoipa::path(
    post, path = "/v1/tokens/reservations/{id}/release", tag = "Tokens",
    params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Released", body = ReservationOut),
        (status = 404, description = "`token_reservation_not_found`"),
        (status = 409, description = "`token_reservation_closed`: it was settled"),
    ),
)]
pub async fn release_token_reservation(
    call: Call,
    UrlPath(id): UrlPath<TokenReservationId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let released = reservations::release(ctx, tx, id).await?;
        Answer::ok(&ReservationOut::new(released, ctx.now()))
    })
    .await
}
