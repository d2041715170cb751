use chrono::{DateTime, Utc};
use db::{
    ConnectionTrait,
    query::{Sql, fetch_all, fetch_one, sql},
};
use entity::{
    values::{Amount, Money},
    workflow::token_budget::Model,
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::FromQueryResult;

use super::{budgets::TOKENS, exact_sum::ExactSum, period::Period, period_of};
use crate::Error;

/// How much of a budget is used up, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub period: Period,
    /// By usage in the period. Past the limit where more was used than was reserved.
    pub used: Amount,
    /// By reservations that are open now, whenever they were made.
    pub reserved: Amount,
}

impl Standing {
    /// What is used and reserved together.
    ///
    /// # Errors
    ///
    /// [`Error::Overflow`] if 28 digits cannot hold it.
    pub fn taken(&self) -> Result<Amount, Error> {
        let mut sum = ExactSum::default();
        sum.add(self.used.decimal(), 1)?;
        sum.add(self.reserved.decimal(), 1)?;
        Ok(Amount::new(sum.total()?))
    }
}

/// How a budget stands at `now`, from the rows themselves.
///
/// One statement reads usage and reservations, so that what is being settled meanwhile is seen on one
/// side of it. Of a cost in the budget's currency that was reported, and another that was computed, the
/// reported one counts.
///
/// # Errors
///
/// [`Error::Overflow`] if 28 digits cannot hold a sum.
pub async fn standing(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    budget: &Model,
    now: DateTime<Utc>,
) -> Result<Standing, Error> {
    let period = period_of(budget.period, now);
    let (used, reserved) = if budget.unit == TOKENS {
        let sums: TokenSums =
            fetch_one(db, &question(ctx, budget, period, now, TOKEN_SUMS)).await?;
        (sums.used.into(), sums.reserved.into())
    } else {
        let costs = fetch_all(db, &question(ctx, budget, period, now, COSTS)).await?;
        add_up(&costs)?
    };
    Ok(Standing {
        period,
        used: Amount::new(used),
        reserved: Amount::new(reserved),
    })
}

fn question(
    ctx: &Ctx,
    budget: &Model,
    period: Period,
    now: DateTime<Utc>,
    text: &'static str,
) -> Sql {
    let mut values = vec![
        ctx.scope.into(),
        period.start.into(),
        period.end.into(),
        budget.scope.as_str().into(),
        now.into(),
    ];
    if budget.unit != TOKENS {
        values.push(budget.unit.as_str().into());
    }
    sql(text, values)
}

const TOKEN_SUMS: &str = "SELECT
    (SELECT CAST(COALESCE(SUM(total_tokens), 0) AS bigint) FROM token_usage
        WHERE user_id = $1 AND used_at >= $2 AND used_at < $3
            AND ($4 = 'all' OR scope = $4)) AS used,
    (SELECT CAST(COALESCE(SUM(estimated_tokens), 0) AS bigint) FROM token_reservations
        WHERE user_id = $1 AND status = 'open' AND expires_at > $5
            AND ($4 = 'all' OR scope = $4)) AS reserved";

/// Amounts are put side by side, the same ones once with their number; the program adds them.
const COSTS: &str = "SELECT is_reserved, amount, COUNT(*) AS times FROM (
        SELECT CAST(0 AS bigint) AS is_reserved,
            CASE WHEN cost_currency = $6 THEN cost_amount ELSE computed_cost_amount END AS amount
        FROM token_usage
        WHERE user_id = $1 AND used_at >= $2 AND used_at < $3
            AND ($4 = 'all' OR scope = $4)
            AND (cost_currency = $6 OR computed_cost_currency = $6)
        UNION ALL
        SELECT CAST(1 AS bigint), estimated_cost
        FROM token_reservations
        WHERE user_id = $1 AND status = 'open' AND expires_at > $5
            AND ($4 = 'all' OR scope = $4) AND cost_currency = $6
    ) AS amounts
    GROUP BY is_reserved, amount";

#[derive(FromQueryResult)]
struct TokenSums {
    used: i64,
    reserved: i64,
}

#[derive(FromQueryResult)]
struct CostTerm {
    is_reserved: i64,
    amount: Money,
    times: i64,
}

fn add_up(terms: &[CostTerm]) -> Result<(Decimal, Decimal), Error> {
    let (mut used, mut reserved) = (ExactSum::default(), ExactSum::default());
    for term in terms {
        let sum = if term.is_reserved == 0 {
            &mut used
        } else {
            &mut reserved
        };
        sum.add(term.amount.decimal(), term.times)?;
    }
    Ok((used.total()?, reserved.total()?))
}
