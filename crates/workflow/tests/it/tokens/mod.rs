//! The token ledger: usage, sums, budgets and reservations.

mod budgets;
mod reservations;
mod stats;
mod together;
mod usage;

use chrono::TimeDelta;
use db::Tx;
use entity::{
    values::{BudgetPeriod, BudgetScope, JobId, JobMode, ThreadId, TokenOperation, TokenScope},
    workflow::token_budget,
};
use identity::Ctx;
use serde_json::json;
use workflow::{
    Error,
    jobs::NewJob,
    tokens::{
        Cost, Tokens,
        budgets::NewBudget,
        prices::{PriceList, TokenPrice},
        reservations::{NewReservation, Reserved, reserve},
        usage::{Logged, NewUsage, log},
    },
};

fn usage(request_id: Option<&str>, input: i64, output: i64) -> NewUsage {
    NewUsage {
        scope: TokenScope::Reactive,
        provider: "anthropic".to_owned(),
        model: Some("small".to_owned()),
        operation: TokenOperation::Chat,
        request_id: request_id.map(str::to_owned),
        thread_id: None,
        job_id: None,
        tokens: Tokens {
            input,
            cached_input: 0,
            output,
            reasoning: 0,
        },
        cost: None,
        meta: json!({}),
        used_at: None,
    }
}

/// 3 USD for a million tokens of input, 15 for output, since 2026.
fn prices() -> PriceList {
    let price = TokenPrice {
        provider: "anthropic".to_owned(),
        model: "small".to_owned(),
        valid_from: "2026-01-01".parse().unwrap(),
        currency: "USD".to_owned(),
        input: "3".parse().unwrap(),
        cached_input: "0.3".parse().unwrap(),
        output: "15".parse().unwrap(),
        reasoning: "15".parse().unwrap(),
    };
    PriceList::new(vec![price]).unwrap()
}

fn cost(amount: &str, currency: &str) -> Cost {
    Cost {
        amount: amount.parse().unwrap(),
        currency: currency.to_owned(),
    }
}

async fn count(ctx: &Ctx, new: &[NewUsage]) -> Result<Vec<Logged>, Error> {
    let work = async |tx: Tx| log(ctx, &tx, &prices(), new).await;
    ctx.database.write(work).await
}

async fn count_one(ctx: &Ctx, new: NewUsage) -> Logged {
    count(ctx, &[new]).await.unwrap().remove(0)
}

async fn budget(ctx: &Ctx, scope: BudgetScope, unit: &str, limit: &str) -> token_budget::Model {
    let new = NewBudget {
        scope,
        period: BudgetPeriod::Month,
        unit: unit.to_owned(),
        limit: limit.parse().unwrap(),
        soft_limit: None,
    };
    let work = async |tx: Tx| workflow::tokens::budgets::set(ctx, &tx, &new, None).await;
    ctx.database.write(work).await.unwrap().budget
}

fn estimate(tokens: i64) -> NewReservation {
    NewReservation {
        scope: TokenScope::Reactive,
        estimated_tokens: tokens,
        estimated_cost: None,
        expires_in: TimeDelta::minutes(10),
    }
}

async fn set_aside(ctx: &Ctx, new: &NewReservation) -> Result<Reserved, Error> {
    let work = async |tx: Tx| reserve(ctx, &tx, new).await;
    ctx.database.write(work).await
}

/// A job in a thread of the scope's own.
async fn job_of(ctx: &Ctx, thread: ThreadId) -> JobId {
    let work = async |tx: Tx| {
        let new = NewJob::new(JobMode::Answer, json!({}));
        workflow::jobs::enqueue(ctx, &tx, thread, new).await
    };
    ctx.database.write(work).await.unwrap().job.id
}
