//! Prices and rates from a ledger's price directives.

use chrono::NaiveDate;
use entity::values::{Price, PriceAdjustment, Rate};
use ledger::{Ledger, PriceDirective};

use super::{
    Pair,
    answer::{Answer, Fault, Question},
};
use crate::content::{FxRow, PriceRow};

/// Of everything the newest directive of the days of interest; of several on one day the last. Where the
/// newest is not above zero there is none: an older price would be a false one.
pub(super) fn read(name: &str, ledger: &Ledger, question: &Question) -> Answer {
    let mut answer = Answer::default();
    for (symbol, currency) in &question.prices {
        let is_it =
            |price: &PriceDirective| price.commodity == *symbol && price.currency == *currency;
        match newest(ledger, question, is_it) {
            Some(found) if Price::new(found.amount).is_positive() => {
                let row = price_row(name, found);
                answer.prices.push((found.date, row));
            }
            Some(found) => answer.faults.push(not_positive(symbol.clone(), found.date)),
            None => {}
        }
    }
    for pair in &question.pairs {
        let is_it = |price: &PriceDirective| {
            let written = Pair::new(&price.commodity, &price.currency);
            written == *pair || written.inverse() == *pair
        };
        match newest(ledger, question, is_it) {
            Some(found) if Rate::new(found.amount).is_positive() => {
                answer.rates.push((found.date, fx_row(name, found)));
            }
            Some(found) => answer
                .faults
                .push(not_positive(pair.to_string(), found.date)),
            None => {}
        }
    }
    answer
}

/// Directives are in the order of their days.
fn newest<'l>(
    ledger: &'l Ledger,
    question: &Question,
    is_it: impl Fn(&PriceDirective) -> bool,
) -> Option<&'l PriceDirective> {
    ledger
        .prices
        .iter()
        .rev()
        .skip_while(|price| price.date > question.asof)
        .take_while(|price| price.date >= question.from)
        .find(|price| is_it(price))
}

fn price_row(source: &str, directive: &PriceDirective) -> PriceRow {
    PriceRow {
        symbol: directive.commodity.clone(),
        close: Price::new(directive.amount),
        currency: directive.currency.clone(),
        open: None,
        high: None,
        low: None,
        volume: None,
        source: source.to_owned(),
        adjustment: PriceAdjustment::Raw,
    }
}

fn fx_row(source: &str, directive: &PriceDirective) -> FxRow {
    FxRow {
        base: directive.commodity.clone(),
        quote: directive.currency.clone(),
        rate: Rate::new(directive.amount),
        source: source.to_owned(),
    }
}

fn not_positive(about: String, date: NaiveDate) -> Fault {
    Fault {
        about: Some(about),
        detail: format!("its newest price, of {date}, is not greater than zero"),
    }
}
