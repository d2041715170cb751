//! What a transfer to another portfolio must be by itself.

use db::Tx;
use entity::{
    books::portfolio,
    values::{Money, TransactionKind},
};
use identity::Ctx;

use super::{
    NewTransaction,
    check::{Fault, amount},
    transfers::is_owner,
};
use crate::{Error, amounts, portfolios};

pub(super) fn check(new: &NewTransaction, from: &portfolio::Model) -> Result<(), Fault> {
    let Some(to) = new.terms.to else {
        return Ok(());
    };
    if new.kind != TransactionKind::TransferOut {
        let detail = format!(
            "a transaction of the kind {} has none: leave it out",
            new.kind
        );
        return Err(("terms/to", detail));
    }
    if to == from.id {
        let detail = "is the portfolio itself; name the other one";
        return Err(("terms/to", detail.to_owned()));
    }
    let overflow = |_| {
        (
            "amount",
            "has more digits than a number can hold".to_owned(),
        )
    };
    let amount = amount(new).map_err(overflow)?;
    let arriving = arriving(amount, new.fee, new.tax).map_err(overflow)?;
    if new.security_id.is_none() && !arriving.is_positive() {
        let detail = "is all fee and tax: nothing would arrive in the other portfolio";
        return Err(("amount", detail.to_owned()));
    }
    Ok(())
}

/// What arrives of cash that leaves with `amount`, fee and tax included.
pub(super) fn arriving(amount: Money, fee: Money, tax: Money) -> Result<Money, Error> {
    let costs = amounts::add(fee.decimal(), tax.decimal())?;
    Ok(Money::new(amounts::subtract(-amount.decimal(), costs)?))
}

/// The portfolio that a transfer goes to is one of the owner's, who records it.
pub(super) async fn check_destination(
    ctx: &Ctx,
    tx: &Tx,
    new: &NewTransaction,
) -> Result<(), Error> {
    let Some(to) = new.terms.to else {
        return Ok(());
    };
    if is_owner(ctx) {
        return portfolios::find(ctx, tx, to).await.map(|_| ());
    }
    Err(Error::PortfolioNotFound {
        portfolio: to.to_string(),
    })
}
