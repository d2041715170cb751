use std::collections::{BTreeMap, HashMap};

use db::Tx;
use entity::workflow::token_usage::{Column, Entity, Model};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Logged, NewUsage};
use crate::Error;

/// What stands in the ledger after `rows` were inserted, as far as they were not there.
pub(super) async fn with_those_known(
    ctx: &Ctx,
    tx: &Tx,
    new: &[NewUsage],
    rows: Vec<Model>,
) -> Result<Vec<Logged>, Error> {
    let stored = of_requests(ctx, tx, new).await?;
    let mut logged = Vec::with_capacity(rows.len());
    for (new, row) in new.iter().zip(rows) {
        let known = match &new.request_id {
            Some(id) => stored.get(&(new.provider.clone(), id.clone())),
            None => None,
        };
        logged.push(match known {
            Some(known) if known.id != row.id => already(known, new)?,
            _ => Logged {
                usage: row,
                was_there: false,
            },
        });
    }
    Ok(logged)
}

fn already(known: &Model, new: &NewUsage) -> Result<Logged, Error> {
    if is_the_same(known, new) {
        return Ok(Logged {
            usage: known.clone(),
            was_there: true,
        });
    }
    Err(Error::UsageDiffers {
        provider: new.provider.clone(),
        request_id: new.request_id.clone().unwrap_or_default(),
    })
}

/// Whether `new` says what is there already. An instant that is left out says nothing.
pub(in crate::tokens) fn is_the_same(known: &Model, new: &NewUsage) -> bool {
    let tokens = &new.tokens;
    let cost = new.cost.as_ref();
    let is_then = new
        .used_at
        .is_none_or(|at| at.timestamp_micros() == known.used_at.timestamp_micros());
    is_then
        && known.provider == new.provider
        && known.request_id == new.request_id
        && (known.scope, known.operation) == (new.scope, new.operation)
        && known.model == new.model
        && (known.thread_id, known.job_id) == (new.thread_id, new.job_id)
        && (known.input_tokens, known.cached_input_tokens) == (tokens.input, tokens.cached_input)
        && (known.output_tokens, known.reasoning_tokens) == (tokens.output, tokens.reasoning)
        && known.cost_amount == cost.map(|cost| cost.amount)
        && known.cost_currency.as_ref() == cost.map(|cost| &cost.currency)
        && known.meta_json == new.meta
}

async fn of_requests(
    ctx: &Ctx,
    tx: &Tx,
    new: &[NewUsage],
) -> Result<HashMap<(String, String), Model>, Error> {
    let mut of_provider: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in new {
        if let Some(id) = &one.request_id {
            of_provider.entry(&one.provider).or_default().push(id);
        }
    }
    let mut stored = HashMap::new();
    for (provider, ids) in of_provider {
        let query = Entity::find()
            .filter(Column::UserId.eq(ctx.scope))
            .filter(Column::Provider.eq(provider))
            .filter(Column::RequestId.is_in(ids));
        for row in query.all(tx).await? {
            if let Some(id) = row.request_id.clone() {
                stored.insert((row.provider.clone(), id), row);
            }
        }
    }
    Ok(stored)
}
