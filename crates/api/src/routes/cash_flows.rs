//! `/v1/portfolios/{id}/cash-flows`

use actix_web::{HttpResponse, web::ServiceConfig};
use chrono::NaiveDate;
use db::{Tx, page::Page};
use entity::{
    books::cash_flow,
    values::{self, CashFlowId, Money, PortfolioId, TransactionId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Call, Date, Limit, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::{CalendarDate, CashFlowKind, Decimal},
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/portfolios/{id}/cash-flows", list_cash_flows));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCashFlows {
    /// The first day.
    #[param(value_type = Option<CalendarDate>)]
    from: Option<Date>,
    /// The last day.
    #[param(value_type = Option<CalendarDate>)]
    to: Option<Date>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// Cash in or out, told from trading.
#[derive(Debug, Serialize, ToSchema)]
pub struct CashFlowOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: CashFlowId,
    pub flow_date: NaiveDate,
    #[schema(value_type = CashFlowKind)]
    pub kind: values::CashFlowKind,
    /// Signed: into the portfolio is positive.
    #[schema(value_type = Decimal)]
    pub amount: Money,
    pub currency: String,
    #[schema(value_type = uuid::Uuid)]
    pub transaction_id: TransactionId,
    /// Capital that the owner put in or took out, as against income and costs.
    pub is_external: bool,
    /// The portfolio of the same owner that it came from or went to: whoever sums over several portfolios leaves
    /// flows between them out.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub counter_portfolio_id: Option<PortfolioId>,
}

impl From<cash_flow::Model> for CashFlowOut {
    fn from(flow: cash_flow::Model) -> Self {
        Self {
            id: flow.id,
            flow_date: flow.flow_date,
            kind: flow.kind,
            amount: flow.amount,
            currency: flow.currency,
            transaction_id: flow.transaction_id,
            is_external: flow.is_external,
            counter_portfolio_id: flow.counter_portfolio_id,
        }
    }
}

/// A portfolio's cash flows, the oldest first.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/cash-flows", tag = "Portfolios",
    params(("id" = uuid::Uuid, Path), ListCashFlows),
    responses(
        (status = 200, description = "A page", body = ListOut<CashFlowOut>),
        (status = 404, description = "`portfolio_not_found`"),
    ),
)]
pub async fn list_cash_flows(
    call: Call<ListCashFlows>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) =
        page::<(Date, CashFlowId)>(call.query.limit, call.query.cursor.as_deref())?;
    let after = after.map(|(date, id)| (date.0, id));
    let (from, to) = (
        call.query.from.map(|date| date.0),
        call.query.to.map(|date| date.0),
    );
    let page = Page { after, limit };
    let found = within_reach(call, id, async |call: &Call<ListCashFlows>| {
        let ctx = &call.ctx;
        let read = async |tx: Tx| books::cash_flows::list(ctx, &tx, id, from, to, &page).await;
        Ok(ctx.database.read(read).await?)
    })
    .await?;
    let list = ListOut::new(found, |last| (last.flow_date, last.id), CashFlowOut::from);
    Ok(Answer::ok(&list)?.into())
}
