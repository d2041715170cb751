//! One transaction of a ledger: its postings, and that they balance.

use std::fmt::Write as _;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{Error, amounts};

/// How far the postings of a transaction may be out of balance, in each currency: the option
/// `inferred_tolerance_default` of the file.
pub(super) const TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

const ROUNDING_ACCOUNT: &str = "Equity:Rounding";

/// Decimals that amounts have at least.
const CENTS: u32 = 2;

pub(super) struct Entry {
    pub date: NaiveDate,
    pub narration: String,
    /// Keys with values as Beancount writes them.
    pub metadata: Vec<(&'static str, String)>,
    pub postings: Vec<Posting>,
}

pub(super) struct Posting {
    pub account: String,
    text: String,
    currency: String,
    /// In `currency`: at cost, else at price, else the units.
    weight: Decimal,
}

/// What a lot is called.
#[derive(Clone, Debug)]
pub(super) struct LotName {
    pub acquired_on: NaiveDate,
    pub label: Option<String>,
}

/// What units cost, so that Beancount computes the cost of one as it is computed here.
pub(super) enum Cost {
    Unit(Decimal),
    Total(Decimal),
}

impl Cost {
    /// The cost of one unit, if that has an end, else the total.
    pub(super) fn of(total: Decimal, units: Decimal) -> Result<Self, Error> {
        let unit = unit_cost(total, units)?;
        if unit.is_sign_negative() && !unit.is_zero() {
            // Beancount knows no cost below zero.
            return Ok(Self::Unit(Decimal::ZERO));
        }
        match unit.checked_mul(units) {
            Some(product) if product == total => Ok(Self::Unit(unit)),
            _ => Ok(Self::Total(total.abs())),
        }
    }

    /// Of one unit, to 28 digits.
    pub(super) fn per_unit(&self, units: Decimal) -> Result<Decimal, Error> {
        match self {
            Self::Unit(unit) => Ok(*unit),
            Self::Total(total) => unit_cost(*total, units.abs()),
        }
    }
}

fn unit_cost(total: Decimal, units: Decimal) -> Result<Decimal, Error> {
    let unit = total.checked_div(units).ok_or(Error::Overflow)?;
    amounts::product(unit, Decimal::ONE)
}

impl Posting {
    pub(super) fn cash(account: impl Into<String>, amount: Decimal, currency: &str) -> Self {
        Self {
            account: account.into(),
            text: format!("{} {currency}", money(amount)),
            currency: currency.to_owned(),
            weight: amount,
        }
    }

    /// Units that become a lot.
    pub(super) fn opening(
        account: String,
        (units, commodity): (Decimal, &str),
        (cost, currency): (&Cost, &str),
        lot: &LotName,
    ) -> Result<Self, Error> {
        let written = match cost {
            Cost::Unit(unit) => format!("{{{} {currency}, {}}}", money(*unit), lot.text()),
            Cost::Total(total) => format!("{{{{{} {currency}, {}}}}}", money(*total), lot.text()),
        };
        Ok(Self {
            account,
            text: format!("{} {commodity} {written}", units.normalize()),
            currency: currency.to_owned(),
            weight: amounts::product(units, cost.per_unit(units)?)?,
        })
    }

    /// Units that leave a lot, with what one of them cost; `written` if it takes that to find the lot.
    pub(super) fn closing(
        account: String,
        (units, commodity): (Decimal, &str),
        (unit_cost, currency, is_written): (Decimal, &str, bool),
        lot: &LotName,
        price: Option<Decimal>,
    ) -> Result<Self, Error> {
        let cost = if is_written {
            format!("{} {currency}, ", money(unit_cost))
        } else {
            String::new()
        };
        let price = price.map_or_else(String::new, |price| {
            format!(" @ {} {currency}", money(price))
        });
        let lot = lot.text();
        Ok(Self {
            account,
            text: format!("{} {commodity} {{{cost}{lot}}}{price}", units.normalize()),
            currency: currency.to_owned(),
            weight: amounts::product(units, unit_cost)?,
        })
    }

    /// Units without a cost, against nothing or against cash at a total price.
    pub(super) fn plain(
        account: String,
        (units, commodity): (Decimal, &str),
        price: Option<(Decimal, &str)>,
    ) -> Self {
        let (text, currency, weight) = match price {
            Some((total, currency)) => (
                format!(" @@ {} {currency}", money(total.abs())),
                currency,
                total,
            ),
            None => (String::new(), commodity, units),
        };
        Self {
            account,
            text: format!("{} {commodity}{text}", units.normalize()),
            currency: currency.to_owned(),
            weight,
        }
    }
}

impl LotName {
    fn text(&self) -> String {
        match &self.label {
            Some(label) => format!("{}, {}", self.acquired_on, quoted(label)),
            None => self.acquired_on.to_string(),
        }
    }
}

impl Entry {
    /// Adds what is missing to the balance, where that is more than Beancount overlooks.
    pub(super) fn balance(&mut self) -> Result<(), Error> {
        let mut sums: Vec<(String, Decimal)> = Vec::new();
        for posting in &self.postings {
            match sums
                .iter_mut()
                .find(|(known, _)| *known == posting.currency)
            {
                Some((_, sum)) => *sum = amounts::add(*sum, posting.weight)?,
                None => sums.push((posting.currency.clone(), posting.weight)),
            }
        }
        for (currency, sum) in sums.into_iter().filter(|(_, sum)| sum.abs() > TOLERANCE) {
            let rounding = Posting::cash(ROUNDING_ACCOUNT, -sum, &currency);
            self.postings.push(rounding);
        }
        Ok(())
    }

    pub(super) fn write(&self, text: &mut String) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{} * {}", self.date, quoted(&self.narration));
        for (key, value) in &self.metadata {
            let _ = writeln!(text, "  {key}: {value}");
        }
        for posting in &self.postings {
            let _ = writeln!(text, "  {}  {}", posting.account, posting.text);
        }
    }
}

/// With two decimals at least, as people write money, and 28 digits at most, which are all that a ledger has.
pub(super) fn money(amount: Decimal) -> String {
    let exact = amounts::product(amount, Decimal::ONE);
    let mut amount = exact.unwrap_or(amount).normalize();
    if amount.scale() < CENTS {
        amount.rescale(CENTS);
    }
    amount.to_string()
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
