//! Changes: one transaction each, with their row in the audit log as its last statement.

use actix_web::HttpResponse;
use db::Tx;
use identity::{
    Ctx,
    audit::{self, Entry},
};

use crate::{answer::Answer, extract::Call, problem::Problem};

/// Runs `work` in one transaction with its row in the audit log. It may run again where the database broke
/// it off.
pub async fn change<Q>(
    call: &Call<Q>,
    work: impl AsyncFn(&Ctx, &Tx) -> Result<Answer, Problem>,
) -> Result<HttpResponse, Problem> {
    let unit = async |tx: Tx| -> Result<Answer, Problem> {
        let answer = work(&call.ctx, &tx).await?;
        note(call, &tx, &answer).await?;
        Ok(answer)
    };
    Ok(call.ctx.database.write(unit).await?.into())
}

/// Writes the row of the audit log that says what `answer` came from. Everybody else who changes something
/// waits from here to the end of the transaction. Of an operation that has no action there is no row.
pub async fn note<Q>(call: &Call<Q>, tx: &Tx, answer: &Answer) -> Result<(), Problem> {
    let operation = call.operation;
    let Some(action) = operation.action else {
        return Ok(());
    };
    let in_path = call.request.match_info().get("id");
    let about = answer.resource_id.as_deref();
    let entry = Entry {
        resource_id: about
            .or_else(|| answer.created_id())
            .or(in_path)
            .map(str::to_owned),
        details: answer.details.clone(),
        ..Entry::done(action, operation.resource_type())
    };
    audit::append(&call.ctx, tx, entry).await?;
    Ok(())
}
