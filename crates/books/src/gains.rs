//! Realized gains: what sales and corporate actions have brought over what was paid.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::values::{Money, SecurityId};
use rust_decimal::Decimal;

use crate::{
    Error, amounts,
    booked::BookedLots,
    booking::{Closing, Opening},
};

/// Days before and after a sale at a loss in which a purchase of the same security makes it a wash sale
/// (United States, 26 U.S.C. 1091).
const WASH_SALE_DAYS: u64 = 30;

/// What one closing of one lot has realized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealizedGain {
    pub closing: Closing,
    /// Whether it was held for more than a year: it was closed after the day of the acquisition, a year on
    /// (26 U.S.C. 1222).
    pub is_long_term: bool,
    /// Whether it is a loss, and other units of the security were bought within 30 days before or after.
    /// As information: the loss is not taken away.
    pub is_wash_sale: bool,
}

/// Sums of gains in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GainTotal {
    pub short_term: Money,
    pub long_term: Money,
}

/// The gains of a year, or of all years, in the order of the closings. What a corporate action carried on
/// whole is none.
pub fn realized_gains(lots: &BookedLots, year: Option<i32>) -> Vec<RealizedGain> {
    let purchases = purchases(&lots.openings);
    let is_wanted = |closing: &&Closing| {
        let is_carried = closing.carried_basis == closing.cost_basis;
        (!is_carried || !closing.proceeds.is_zero())
            && year.is_none_or(|year| closing.closed_on.year() == year)
    };
    let closings = lots.closings.iter().filter(is_wanted);
    closings
        .map(|closing| RealizedGain {
            is_long_term: is_long_term(closing.acquired_on, closing.closed_on),
            is_wash_sale: is_wash_sale(closing, purchases.get(&closing.security)),
            closing: closing.clone(),
        })
        .collect()
}

/// The sums by currency, and in the portfolio's own currency; `None` there if a rate is missing.
pub fn totals(
    gains: &[RealizedGain],
) -> Result<(BTreeMap<String, GainTotal>, Option<GainTotal>), Error> {
    let mut by_currency: BTreeMap<String, Terms> = BTreeMap::new();
    let mut base = Some(Terms::default());
    for gain in gains {
        let closing = &gain.closing;
        let own = by_currency.entry(closing.currency.clone()).or_default();
        own.add(gain.is_long_term, closing.realized_gain);
        base = base
            .zip(closing.realized_gain_base)
            .map(|(mut base, amount)| {
                base.add(gain.is_long_term, amount);
                base
            });
    }
    let mut sums = BTreeMap::new();
    for (currency, terms) in by_currency {
        sums.insert(currency, terms.total()?);
    }
    Ok((sums, base.map(Terms::total).transpose()?))
}

#[derive(Default)]
struct Terms {
    short: Vec<Decimal>,
    long: Vec<Decimal>,
}

impl Terms {
    fn add(&mut self, is_long_term: bool, amount: Decimal) {
        if is_long_term {
            self.long.push(amount);
        } else {
            self.short.push(amount);
        }
    }

    fn total(self) -> Result<GainTotal, Error> {
        Ok(GainTotal {
            short_term: Money::new(amounts::sum(self.short)?),
            long_term: Money::new(amounts::sum(self.long)?),
        })
    }
}

/// The date of an acquisition in a leap year's February has the 28th as its day a year on.
fn is_long_term(acquired_on: NaiveDate, closed_on: NaiveDate) -> bool {
    let a_year_on = acquired_on.checked_add_months(Months::new(12));
    a_year_on.is_some_and(|anniversary| closed_on > anniversary)
}

/// What was bought, and not carried over: by security, the lot and its day.
fn purchases(openings: &[Opening]) -> BTreeMap<SecurityId, Vec<&Opening>> {
    let mut purchases: BTreeMap<SecurityId, Vec<&Opening>> = BTreeMap::new();
    for opening in openings {
        if opening.acquired_on == opening.opened_on && opening.quantity.is_sign_positive() {
            purchases.entry(opening.security).or_default().push(opening);
        }
    }
    purchases
}

fn is_wash_sale(closing: &Closing, purchases: Option<&Vec<&Opening>>) -> bool {
    let days = Days::new(WASH_SALE_DAYS);
    let first = closing
        .closed_on
        .checked_sub_days(days)
        .unwrap_or(NaiveDate::MIN);
    let last = closing
        .closed_on
        .checked_add_days(days)
        .unwrap_or(NaiveDate::MAX);
    let is_near = |bought: &&Opening| {
        bought.lot != closing.lot && (first..=last).contains(&bought.acquired_on)
    };
    closing.realized_gain.is_sign_negative()
        && !closing.realized_gain.is_zero()
        && purchases.is_some_and(|bought| bought.iter().any(is_near))
}
