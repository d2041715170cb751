use identity::Ctx;
use sea_orm::ConnectionTrait;

use crate::{
    Error, securities,
    sources::{Wanted, settings::Policy},
};

/// The securities that a policy names, with the currencies of their prices. [`Error::Invalid`] for one that
/// is not registered. (The pairs that it names need no currency: [`crate::sources::gather`] adds them.)
pub async fn named_by(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    policy: &Policy,
) -> Result<Wanted, Error> {
    let mut wanted = Wanted::default();
    if policy.symbols.is_empty() {
        return Ok(wanted);
    }
    let registered = securities::by_symbol(db).await?;
    for symbol in &policy.symbols {
        let known = registered.get(symbol).ok_or_else(|| Error::Invalid {
            field: "/symbols",
            detail: format!(
                "the policy names `{symbol}`, which is no registered security: register it, or take it \
                 out of the policy's `symbols`"
            ),
        })?;
        wanted
            .prices
            .insert((symbol.clone(), known.currency.clone()));
    }
    Ok(wanted)
}
