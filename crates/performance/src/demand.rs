use std::collections::BTreeSet;

use books::{
    holdings::{AsOf, Holdings},
    portfolios,
};
use chrono::NaiveDate;
use db::{ConnectionTrait, page::Page};
use identity::Ctx;
use pricing::sources::Wanted;

use crate::Error;

/// Portfolios that are read in one go.
const AT_ONCE: u64 = 100;

/// What it takes to value all portfolios of a scope on a day: the price of each security that is held, and the
/// conversions of its currency and of each balance of cash into the portfolio's base currency. Nothing
/// else of the books is told: neither how much is held nor where.
pub async fn demand(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    asof: NaiveDate,
) -> Result<Wanted, Error> {
    let mut wanted = Wanted::default();
    let mut page = Page {
        after: None,
        limit: AT_ONCE,
    };
    loop {
        let portfolios = portfolios::list(ctx, db, &page).await?;
        page.after = portfolios.items.last().map(|portfolio| portfolio.id);
        for portfolio in &portfolios.items {
            let asof = AsOf {
                date: asof,
                revision: None,
            };
            let holdings = books::holdings::holdings(ctx, db, portfolio, asof).await?;
            wanted.extend(demand_of(&holdings));
        }
        if !portfolios.has_more {
            return Ok(wanted);
        }
    }
}

/// As [`demand`], of one portfolio's holdings.
fn demand_of(holdings: &Holdings) -> Wanted {
    let held = holdings
        .securities
        .iter()
        .filter(|holding| !holding.quantity.is_zero())
        .map(|holding| &holding.security);
    let prices: BTreeSet<_> = held
        .map(|security| (security.symbol.clone(), security.currency.clone()))
        .collect();
    let currencies = prices.iter().map(|(_, currency)| currency);
    let currencies = currencies.chain(holdings.cash.iter().map(|balance| &balance.currency));
    let conversions = currencies
        .filter(|currency| **currency != holdings.base_currency)
        .map(|currency| (currency.clone(), holdings.base_currency.clone()))
        .collect();
    Wanted {
        prices,
        conversions,
    }
}
