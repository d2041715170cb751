//! Realized gains: what sales and corporate actions have brought over what was paid.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::values::{Money, SecurityId, TransactionId};
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
    /// Its place among the closings of its transaction, from 0.
    pub number: u32,
    /// Whether it was held for more than a year.
    pub is_long_term: bool,
    /// Whether it is a loss, and other units of the security were bought within 30 days before or after.
    /// As information: the loss is not taken away.
    pub is_wash_sale: bool,
}

/// The key of a gain: the day, the transaction, and which of its closings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GainPlace(pub NaiveDate, pub TransactionId, pub u32);

/// Sums of gains in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GainTotal {
    pub short_term: Money,
    pub long_term: Money,
}

/// Sums of gains by the currency in which the lots were paid, and in the portfolio's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GainSums {
    pub currencies: BTreeMap<String, GainTotal>,
    /// `None` if a rate is missing.
    pub base: Option<GainTotal>,
}

/// The sums of all gains, and of parts of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GainTotals {
    pub all: GainSums,
    /// By the calendar year of the closing.
    pub years: BTreeMap<i32, GainSums>,
    pub securities: BTreeMap<SecurityId, GainSums>,
}

/// The gains of a year, or of all years, by [`RealizedGain::place`]. What a corporate action carried on whole
/// is none.
pub fn realized_gains(lots: &BookedLots, year: Option<i32>) -> Vec<RealizedGain> {
    let purchases = purchases(&lots.openings);
    let is_wanted = |closing: &Closing| {
        let is_carried = closing.carried_basis == closing.cost_basis;
        (!is_carried || !closing.proceeds.is_zero())
            && year.is_none_or(|year| closing.closed_on.year() == year)
    };
    let mut closed_by: HashMap<TransactionId, u32> = HashMap::new();
    let mut gains = Vec::new();
    for closing in &lots.closings {
        let next = closed_by.entry(closing.transaction).or_default();
        let number = *next;
        *next += 1;
        if is_wanted(closing) {
            gains.push(RealizedGain {
                number,
                is_long_term: is_long_term(closing.acquired_on, closing.closed_on),
                is_wash_sale: is_wash_sale(closing, purchases.get(&closing.security)),
                closing: closing.clone(),
            });
        }
    }
    gains.sort_by_key(RealizedGain::place);
    gains
}

impl RealizedGain {
    /// Where it stands: by date, and on one date in the order in which the transactions were recorded.
    pub fn place(&self) -> GainPlace {
        let closing = &self.closing;
        GainPlace(closing.closed_on, closing.transaction, self.number)
    }
}

/// The sums of gains: of all, by year and by security.
///
/// # Errors
/// [`Error::Overflow`]
pub fn totals(gains: &[RealizedGain]) -> Result<GainTotals, Error> {
    let mut all = Sums::default();
    let mut years: BTreeMap<i32, Sums> = BTreeMap::new();
    let mut securities: BTreeMap<SecurityId, Sums> = BTreeMap::new();
    for gain in gains {
        let closing = &gain.closing;
        all.add(gain);
        years.entry(closing.closed_on.year()).or_default().add(gain);
        securities.entry(closing.security).or_default().add(gain);
    }
    Ok(GainTotals {
        all: all.total()?,
        years: totalled(years)?,
        securities: totalled(securities)?,
    })
}

/// Whether what was acquired on a day and leaves on another was held for more than a year: it leaves after the
/// day of the acquisition, a year on (26 U.S.C. 1222). An acquisition on a leap day has the 28th of February as
/// its day a year on.
pub fn is_long_term(acquired_on: NaiveDate, closed_on: NaiveDate) -> bool {
    let a_year_on = acquired_on.checked_add_months(Months::new(12));
    a_year_on.is_some_and(|anniversary| closed_on > anniversary)
}

fn totalled<K: Ord>(sums: BTreeMap<K, Sums>) -> Result<BTreeMap<K, GainSums>, Error> {
    let sums = sums.into_iter();
    sums.map(|(key, sums)| Ok((key, sums.total()?))).collect()
}

#[derive(Default)]
struct Sums {
    currencies: BTreeMap<String, Terms>,
    base: Terms,
    lacks_rate: bool,
}

impl Sums {
    fn add(&mut self, gain: &RealizedGain) {
        let closing = &gain.closing;
        let own = self.currencies.entry(closing.currency.clone()).or_default();
        own.add(gain.is_long_term, closing.realized_gain);
        match closing.realized_gain_base {
            Some(amount) => self.base.add(gain.is_long_term, amount),
            None => self.lacks_rate = true,
        }
    }

    fn total(self) -> Result<GainSums, Error> {
        let mut currencies = BTreeMap::new();
        for (currency, terms) in self.currencies {
            currencies.insert(currency, terms.total()?);
        }
        let base = (!self.lacks_rate).then(|| self.base.total()).transpose()?;
        Ok(GainSums { currencies, base })
    }
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
