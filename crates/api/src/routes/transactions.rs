//! `/v1/portfolios/{id}/transactions`

mod body;
mod out;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use books::{
    record::{self, NewTransaction},
    transactions::{self, Filter},
};
use db::{Tx, page::Page};
use entity::values::{self, PortfolioId, SecurityId, TransactionId, TransactionSource};
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;

pub use body::{LotChoice, Terms, TransactionIn, TransactionsIn, UnitRatio};
pub use out::{ReceivedLot, RecordedOut, TransactionOut};

use super::{also_changed, readable};
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Date, Limit, UrlPath},
    idempotency,
    problem::Problem,
    reach::within_reach,
    schema::{CalendarDate, TransactionKind},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            readable("/v1/portfolios/{id}/transactions", list_transactions)
                .post(record_transactions),
        )
        .service(
            web::resource("/v1/portfolios/{id}/transactions/{transaction_id}/void")
                .post(void_transaction),
        );
}

/// Records one transaction or a list of them, all or none.
#[utoipa::path(
    post, path = "/v1/portfolios/{id}/transactions", tag = "Books",
    request_body = TransactionsIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Recorded", body = RecordedOut,
            headers(("Location" = String))),
        (status = 403, description = "`permission_denied`: a transfer changes another portfolio of the owner along"),
        (status = 404, description = "`portfolio_not_found`, `security_not_found`, \
            `transaction_not_found`: what it corrects"),
        (status = 409, description = "`portfolio_follows_ledger`, `external_id_taken`, \
            `transaction_voided`"),
        (status = 422, description = "`validation_failed`, `not_bookable`: the lots do not allow it; \
            `number_too_large`"),
    ),
)]
pub async fn record_transactions(
    call: Call,
    UrlPath(id): UrlPath<PortfolioId>,
    body: Body<TransactionsIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new: Vec<NewTransaction> = value.into_list();
    within_reach(call, id, async |call: &Call| {
        idempotency::create(call, &bytes, async |ctx: &Ctx, tx: &Tx| {
            let recorded = record::record(ctx, tx, id, TransactionSource::Manual, &new).await?;
            let location = format!("/v1/portfolios/{id}/transactions");
            let others = also_changed(&recorded.others);
            Ok(Answer::created(location, &RecordedOut::from(recorded))?
                .noting("portfolio_id", id.to_string())
                .noting_some("other_portfolio_ids", others))
        })
        .await
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTransactions {
    /// The first day.
    #[param(value_type = Option<CalendarDate>)]
    from: Option<Date>,
    /// The last day.
    #[param(value_type = Option<CalendarDate>)]
    to: Option<Date>,
    #[param(value_type = Option<TransactionKind>)]
    kind: Option<values::TransactionKind>,
    /// The id of a security.
    #[param(value_type = Option<uuid::Uuid>)]
    security: Option<SecurityId>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// A portfolio's transactions by their dates, the oldest first; voided ones say when they were.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/transactions", tag = "Books",
    params(("id" = uuid::Uuid, Path), ListTransactions),
    responses(
        (status = 200, description = "A page", body = ListOut<TransactionOut>),
        (status = 404, description = "`portfolio_not_found`"),
    ),
)]
pub async fn list_transactions(
    call: Call<ListTransactions>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = page::<(Date, TransactionId)>(query.limit, query.cursor.as_deref())?;
    let after = after.map(|(date, id)| (date.0, id));
    let page = Page { after, limit };
    let filter = Filter {
        from: query.from.map(|date| date.0),
        to: query.to.map(|date| date.0),
        kind: query.kind,
        security_id: query.security,
    };
    let found = within_reach(call, id, async |call: &Call<ListTransactions>| {
        let ctx = &call.ctx;
        let read = async |tx: Tx| transactions::list(ctx, &tx, id, &filter, &page).await;
        Ok(ctx.database.read(read).await?)
    })
    .await?;
    let list = ListOut::new(
        found,
        |last| (last.trade_date, last.id),
        TransactionOut::from,
    );
    Ok(Answer::ok(&list)?.into())
}

/// Takes a transaction out of the books; of a transfer to another portfolio both sides. It stays to be asked for, as of an earlier moment.
#[utoipa::path(
    post, path = "/v1/portfolios/{id}/transactions/{transaction_id}/void", tag = "Books",
    params(("id" = uuid::Uuid, Path), ("transaction_id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Voided", body = TransactionOut),
        (status = 403, description = "`permission_denied`: a transfer changes another portfolio of the owner along"),
        (status = 404, description = "`portfolio_not_found`, `transaction_not_found`"),
        (status = 409, description = "`portfolio_follows_ledger`, `transaction_voided`"),
        (status = 422, description = "`not_bookable`: a later transaction cannot do without it"),
    ),
)]
pub async fn void_transaction(
    call: Call,
    UrlPath((id, transaction)): UrlPath<(PortfolioId, TransactionId)>,
) -> Result<HttpResponse, Problem> {
    within_reach(call, id, async |call: &Call| {
        change(call, async |ctx: &Ctx, tx: &Tx| {
            let voided = record::void(ctx, tx, id, transaction).await?;
            Ok(Answer::ok(&TransactionOut::from(voided.transaction))?
                .noting("transaction_id", transaction.to_string())
                .noting_some("other_portfolio_ids", also_changed(&voided.others)))
        })
        .await
    })
    .await
}
