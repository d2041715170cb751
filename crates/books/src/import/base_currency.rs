//! The currency in which an imported portfolio is valued.

use std::{cmp::Reverse, collections::BTreeMap};

use entity::books::portfolio;
use ledger::{Ledger, PortfolioView};

use crate::{Error, currency};

const FIELD: &str = "/base_currency";

/// What is `wanted`, else the `portfolio`'s own, else the ledger's first operating currency, else the
/// currency that most entries move.
pub fn choose(
    ledger: &Ledger,
    view: &PortfolioView,
    wanted: Option<&str>,
    portfolio: Option<&portfolio::Model>,
) -> Result<String, Error> {
    if let Some(code) = wanted {
        currency::check(FIELD, code)?;
    }
    match (portfolio, wanted) {
        (Some(portfolio), Some(code)) if code != portfolio.base_currency => {
            let detail = format!(
                "the portfolio is in {}; leave the currency out, or import into another portfolio",
                portfolio.base_currency
            );
            Err(Error::Invalid {
                field: FIELD,
                detail,
            })
        }
        (Some(portfolio), _) => Ok(portfolio.base_currency.clone()),
        (None, Some(code)) => Ok(code.to_owned()),
        (None, None) => guess(ledger, view),
    }
}

fn guess(ledger: &Ledger, view: &PortfolioView) -> Result<String, Error> {
    let operating = ledger
        .operating_currencies
        .iter()
        .find(|code| currency::is_known(code));
    if let Some(code) = operating {
        return Ok(code.clone());
    }
    let mut moves: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in view.entries.iter().filter(|entry| !entry.amount.is_zero()) {
        *moves.entry(&entry.currency).or_default() += 1;
    }
    let commonest = moves.into_iter().min_by_key(|(_, count)| Reverse(*count));
    commonest
        .map(|(code, _)| code.to_owned())
        .ok_or_else(|| Error::Invalid {
            field: FIELD,
            detail: "the ledger has no operating currency and moves no cash; name the currency"
                .to_owned(),
        })
}
