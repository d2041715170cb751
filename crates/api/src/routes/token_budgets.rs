//! `/v1/tokens/budgets`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    values::{self, Amount, TokenBudgetId},
    workflow::token_budget,
};
use identity::Ctx;
use rust_decimal::Decimal as Number;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::tokens::{
    Standing,
    budgets::{self, NewBudget},
    standing,
};

use super::readable;
use crate::{
    answer::{Answer, show},
    change::change,
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Body, Call, Limit, UrlPath},
    problem::{Problem, kinds},
    schema::{BudgetPeriod, BudgetScope, Decimal},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            readable("/v1/tokens/budgets", list_token_budgets)
                .route(web::put().to(set_token_budget)),
        )
        .service(
            readable("/v1/tokens/budgets/{id}", get_token_budget)
                .route(web::delete().to(delete_token_budget)),
        );
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBudgetIn {
    #[schema(value_type = BudgetScope)]
    pub scope: values::BudgetScope,
    #[schema(value_type = BudgetPeriod)]
    pub period: values::BudgetPeriod,
    /// `tokens`, or a currency of ISO 4217.
    #[schema(
        example = "tokens",
        min_length = 3,
        max_length = 6,
        pattern = "^(tokens|[A-Z]{3})$"
    )]
    pub unit: String,
    /// Past it nothing is reserved. Whole for tokens; below 10^14, with at most 14 decimals.
    #[schema(value_type = Decimal)]
    pub limit: Amount,
    /// Past it there is a warning; at most the limit.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub soft_limit: Option<Amount>,
}

/// How much may be used in a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenBudgetOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: TokenBudgetId,
    #[schema(value_type = BudgetScope)]
    pub scope: values::BudgetScope,
    #[schema(value_type = BudgetPeriod)]
    pub period: values::BudgetPeriod,
    /// `tokens`, or a currency of ISO 4217.
    pub unit: String,
    #[schema(value_type = Decimal)]
    pub limit: Amount,
    #[schema(value_type = Option<Decimal>)]
    pub soft_limit: Option<Amount>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<token_budget::Model> for TokenBudgetOut {
    fn from(budget: token_budget::Model) -> Self {
        Self {
            id: budget.id,
            scope: budget.scope,
            period: budget.period,
            unit: budget.unit,
            limit: budget.hard_limit,
            soft_limit: budget.soft_limit,
            created_at: budget.created_at,
            updated_at: budget.updated_at,
        }
    }
}

/// A budget, and how it stands in the period that runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenBudgetStandingOut {
    pub budget: TokenBudgetOut,
    pub period_start: DateTime<Utc>,
    /// The first instant of the next period.
    pub period_end: DateTime<Utc>,
    /// By usage that was counted.
    #[schema(value_type = Decimal)]
    pub used: Amount,
    /// By reservations that are open.
    #[schema(value_type = Decimal)]
    pub reserved: Amount,
    /// What may still be reserved.
    #[schema(value_type = Decimal)]
    pub left: Amount,
}

impl TokenBudgetStandingOut {
    pub fn new(budget: token_budget::Model, standing: &Standing) -> Result<Self, Problem> {
        let left = budget.hard_limit.decimal() - standing.taken()?.decimal();
        Ok(Self {
            budget: budget.into(),
            period_start: standing.period.start,
            period_end: standing.period.end,
            used: standing.used,
            reserved: standing.reserved,
            left: Amount::new(left.max(Number::ZERO)),
        })
    }
}

fn etag_of(budget: &token_budget::Model) -> Etag {
    Etag::of_row(budget.id, budget.updated_at)
}

/// Makes a budget, or gives the one for the same scope, period and unit other limits; with `If-Match`, only
/// if it still is as the caller saw it.
#[utoipa::path(
    put, path = "/v1/tokens/budgets", tag = "Tokens", request_body = TokenBudgetIn,
    params(("If-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "Changed", body = TokenBudgetOut, headers(("ETag" = String))),
        (status = 201, description = "Made", body = TokenBudgetOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 412, description = "`precondition_failed`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn set_token_budget(
    call: Call,
    body: Body<TokenBudgetIn>,
) -> Result<HttpResponse, Problem> {
    let new = NewBudget {
        scope: body.value.scope,
        period: body.value.period,
        unit: body.value.unit,
        limit: body.value.limit,
        soft_limit: body.value.soft_limit,
    };
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let expected = if call.preconditions.are_given() {
            let current = budgets::find_like(ctx, tx, &new).await?;
            Some(require_as_seen(&call, current.as_ref())?)
        } else {
            None
        };
        let set = budgets::set(ctx, tx, &new, expected).await?;
        let (id, etag, is_new) = (set.budget.id, etag_of(&set.budget), set.is_new);
        let out = TokenBudgetOut::from(set.budget);
        let answer = if is_new {
            Answer::created(format!("/v1/tokens/budgets/{id}"), &out)?
        } else {
            Answer::ok(&out)?
        };
        let soft_limit = new.soft_limit.map(|limit| limit.to_string());
        Ok(answer
            .with_etag(etag)
            .about(id)
            .noting("scope", new.scope.as_str())
            .noting("period", new.period.as_str())
            .noting("unit", new.unit.clone())
            .noting("limit", new.limit.to_string())
            .noting_some("soft_limit", soft_limit))
    })
    .await
}

/// Since when the budget must not have changed.
fn require_as_seen(
    call: &Call,
    current: Option<&token_budget::Model>,
) -> Result<DateTime<Utc>, Problem> {
    let Some(current) = current else {
        let detail =
            "there is no budget for this scope, period and unit; leave If-Match out to make it";
        return Err(Problem::new(kinds::PRECONDITION_FAILED, detail));
    };
    call.preconditions.require(&etag_of(current))?;
    Ok(current.updated_at)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTokenBudgets {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The budgets in the order of their making, and how each stands now.
#[utoipa::path(
    get, path = "/v1/tokens/budgets", tag = "Tokens", params(ListTokenBudgets),
    responses(
        (status = 200, description = "A page", body = ListOut<TokenBudgetStandingOut>),
        (status = 422, description = "`number_too_large`"),
    ),
)]
pub async fn list_token_budgets(call: Call<ListTokenBudgets>) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = page::<TokenBudgetId>(query.limit, query.cursor.as_deref())?;
    let page = Page { after, limit };
    let ctx = &call.ctx;
    let read = async |tx: Tx| -> Result<_, Problem> {
        let found = budgets::list(ctx, &tx, &page).await?;
        let now = ctx.now();
        let mut standings = Vec::with_capacity(found.items.len());
        for budget in &found.items {
            let stands = standing(ctx, &tx, budget, now).await?;
            standings.push(TokenBudgetStandingOut::new(budget.clone(), &stands)?);
        }
        Ok((found, standings))
    };
    let (found, standings) = ctx.database.read(read).await?;
    let list = ListOut::new(found, |last| last.id, |_| ());
    let list = ListOut {
        items: standings,
        next_cursor: list.next_cursor,
    };
    Ok(Answer::ok(&list)?.into())
}

/// One budget.
#[utoipa::path(
    get, path = "/v1/tokens/budgets/{id}", tag = "Tokens",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The budget", body = TokenBudgetOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`token_budget_not_found`"),
    ),
)]
pub async fn get_token_budget(
    call: Call,
    UrlPath(id): UrlPath<TokenBudgetId>,
) -> Result<HttpResponse, Problem> {
    let found = budgets::find(&call.ctx, call.ctx.database.reader(), id).await?;
    show(&call, etag_of(&found), || TokenBudgetOut::from(found))
}

/// Removes a budget: what it limited is free. With `If-Match`, only if it still is as the caller saw it.
#[utoipa::path(
    delete, path = "/v1/tokens/budgets/{id}", tag = "Tokens",
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`token_budget_not_found`"),
        (status = 412, description = "`precondition_failed`"),
    ),
)]
pub async fn delete_token_budget(
    call: Call,
    UrlPath(id): UrlPath<TokenBudgetId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let current = budgets::find(ctx, tx, id).await?;
        let seen = require_as_seen(&call, Some(&current))?;
        let expected = call.preconditions.are_given().then_some(seen);
        budgets::delete(ctx, tx, id, expected).await?;
        Ok(Answer::no_content())
    })
    .await
}
