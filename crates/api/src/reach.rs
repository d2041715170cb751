//! Portfolios that others share with the caller, and approvals that others ask the caller about.
//!
//! A request is first about the caller's own books, which costs nothing. Only what is not found there is
//! looked for among the shares.

use db::{Reads, Tx};
use entity::values::{ApprovalId, PortfolioId};
use identity::{
    Ctx, approvers,
    audit::{self, Entry},
    shares,
};

use crate::{
    caller::Caller,
    extract::Call,
    guard::write_refusal,
    problem::{Problem, kinds},
};

/// Does `work` on the caller's own books, or, if the portfolio is not there but shared with the caller, on
/// its owner's. Entering those is written into the audit log.
pub async fn within_reach<Q, T>(
    call: Call<Q>,
    portfolio: PortfolioId,
    work: impl AsyncFn(&Call<Q>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    match work(&call).await {
        Err(problem) if problem.code() == kinds::PORTFOLIO_NOT_FOUND.code => {
            match enter(call, portfolio).await? {
                Some(entered) => work(&entered).await,
                None => Err(problem),
            }
        }
        outcome => outcome,
    }
}

/// As [`within_reach`], for an approval and those whom its owner asks: they enter the owner's books for it
/// alone.
pub async fn where_asked<Q, T>(
    call: Call<Q>,
    approval: ApprovalId,
    work: impl AsyncFn(&Call<Q>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    match work(&call).await {
        Err(problem) if problem.code() == kinds::APPROVAL_NOT_FOUND.code => {
            let primary = call.state.database.for_caller(Reads::Primary, None);
            let primary = primary.shared_reader();
            let Some(entered) = approvers::enter(&call.ctx, &primary, approval).await? else {
                return Err(problem);
            };
            let entry = Entry::done("approval.enter", "approval")
                .of(approval)
                .with("operation", call.operation.id)
                .with("owner_user_id", entered.scope.to_string());
            write_entry(&call, entry).await?;
            work(&in_scope(call, entered)).await
        }
        outcome => outcome,
    }
}

async fn enter<Q>(call: Call<Q>, portfolio: PortfolioId) -> Result<Option<Call<Q>>, Problem> {
    let Some(wanted) = call.operation.shared else {
        return Ok(None);
    };
    let primary = call.state.database.for_caller(Reads::Primary, None);
    let ctx = &call.ctx;
    let operation = call.operation.id;
    let note = |entry: Entry| entry.of(portfolio).with("operation", operation);
    match shares::enter(ctx, &primary.shared_reader(), portfolio, wanted).await {
        Ok(None) => Ok(None),
        Ok(Some(entered)) => {
            let entry = note(Entry::done("portfolio.enter", "portfolio"))
                .with("owner_user_id", entered.scope.to_string());
            write_entry(&call, entry).await?;
            Ok(Some(in_scope(call, entered)))
        }
        Err(refused @ shares::Error::NotPermitted { .. }) => {
            let entry = note(Entry::refused("portfolio.enter", "portfolio"));
            write_refusal(&call.state, ctx, entry).await;
            Err(refused.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Whoever cannot be written down does not enter.
async fn write_entry<Q>(call: &Call<Q>, entry: Entry) -> Result<(), Problem> {
    let ctx = &call.ctx;
    let write = async |tx: Tx| audit::append(ctx, &tx, entry.clone()).await;
    call.state.database.write(write).await?;
    Ok(())
}

fn in_scope<Q>(call: Call<Q>, ctx: Ctx) -> Call<Q> {
    let caller = Caller {
        scope: ctx.scope,
        ..call.caller
    };
    Call {
        ctx,
        caller,
        ..call
    }
}
