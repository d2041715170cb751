//! The comparison of two sides; pure.

use std::collections::BTreeSet;

use entity::values::{Money, Ratio, canonical};
use num_bigint::BigInt;
use pricing::packs::MOST_ERROR_BPS;
use rust_decimal::Decimal;

use super::{
    difference::{Difference, DifferenceKind as Kind},
    exact::{AtCost, agree, error_bps, number, whole},
    side::{Side, Worth},
};

/// What came of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// In the order of [`Kind`], then by security and currency; empty where the sides agree.
    pub differences: Vec<Difference>,
    /// The largest error of a value, in basis points; `None` where one could not be measured.
    pub error_bps: Option<Ratio>,
    /// Securities and currencies that are held and that neither side can value.
    pub left_out: Vec<String>,
}

/// Compares what two sides hold, what it cost, and what it is worth.
pub fn compare(ours: &Side, ledger: &Side) -> Comparison {
    let mut work = Work {
        ours,
        ledger,
        differences: Vec::new(),
        largest: Some(Ratio::ZERO),
        left_out: Vec::new(),
        valued: 0,
        totals: (BigInt::ZERO, BigInt::ZERO),
    };
    work.compare_securities();
    work.compare_costs();
    work.compare_cash();
    work.compare_totals();
    let mut differences = work.differences;
    differences.sort_by(|a, b| {
        let key = |one: &Difference| (one.kind, one.security.clone(), one.currency.clone());
        key(a).cmp(&key(b))
    });
    Comparison {
        differences,
        error_bps: work.largest,
        left_out: work.left_out,
    }
}

struct Work<'a> {
    ours: &'a Side,
    ledger: &'a Side,
    differences: Vec<Difference>,
    largest: Option<Ratio>,
    left_out: Vec<String>,
    /// How many securities and balances could be valued.
    valued: usize,
    /// Ours and the ledger's, as [`fine`] has them.
    totals: (BigInt, BigInt),
}

impl Work<'_> {
    fn compare_securities(&mut self) {
        let (ours, ledger) = (self.ours, self.ledger);
        for symbol in union(ours.quantities.keys(), ledger.quantities.keys()) {
            let held = (ours.quantities.get(symbol), ledger.quantities.get(symbol));
            let kind = match held {
                (Some(ours), Some(ledger)) if ours == ledger => None,
                (Some(_), Some(_)) => Some(Kind::Quantity),
                (Some(_), None) => Some(Kind::OnlyInBooks),
                _ => Some(Kind::OnlyInLedger),
            };
            if let Some(kind) = kind {
                let text = |units: Option<&Decimal>| units.copied().map(canonical);
                self.note(kind, Some(symbol), None, text(held.0), text(held.1));
            }
            self.compare_values(symbol, ours.worth(symbol), ledger.worth(symbol));
        }
    }

    fn compare_values(&mut self, symbol: &str, ours: Worth, ledger: Worth) {
        match (ours, ledger) {
            (Worth::Unknown, Worth::Unknown) => self.left_out.push(symbol.to_owned()),
            (Worth::Known(ours), Worth::Known(ledger)) => {
                self.add(ours, ledger);
                self.measure(Kind::Value, Some(symbol), (&fine(ours), &fine(ledger)));
            }
            (Worth::Known(ours), Worth::NotHeld) => self.add(ours, Money::ZERO),
            (Worth::NotHeld, Worth::Known(ledger)) => self.add(Money::ZERO, ledger),
            (Worth::Unknown, Worth::Known(ledger)) => {
                let figure = Some(ledger.to_string());
                self.unmeasured(Kind::NoPriceInPack, symbol, None, figure);
            }
            (Worth::Known(ours), Worth::Unknown) => {
                let figure = Some(ours.to_string());
                self.unmeasured(Kind::NoPriceInLedger, symbol, figure, None);
            }
            // Told already, as what one side alone holds.
            (Worth::Unknown | Worth::NotHeld, Worth::NotHeld)
            | (Worth::NotHeld, Worth::Unknown) => self.largest = None,
        }
    }

    /// What only one side holds is told as such, and not once more by its cost.
    fn compare_costs(&mut self) {
        let (ours, ledger) = (self.ours, self.ledger);
        let nothing = AtCost::default();
        for key in union(ours.at_cost.keys(), ledger.at_cost.keys()) {
            let (symbol, currency) = key;
            let both =
                ours.quantities.contains_key(symbol) && ledger.quantities.contains_key(symbol);
            let one = ours.at_cost.get(key).unwrap_or(&nothing);
            let other = ledger.at_cost.get(key).unwrap_or(&nothing);
            if both && !one.agrees(other) {
                let text = |at: &AtCost| at.unit_cost().map(canonical);
                let (ours, ledger) = (text(one), text(other));
                self.note(Kind::UnitCost, Some(symbol), Some(currency), ours, ledger);
            }
        }
    }

    fn compare_cash(&mut self) {
        let (ours, ledger) = (self.ours, self.ledger);
        for currency in union(ours.cash.keys(), ledger.cash.keys()) {
            let (one, other) = (ours.cash_of(currency), ledger.cash_of(currency));
            if !agree(&whole(one), &whole(other)) {
                let text = |amount| Some(canonical(amount));
                self.note(Kind::Cash, None, Some(currency), text(one), text(other));
            }
            self.compare_rates(currency, one, other);
        }
    }

    /// Both rates value the ledger's cash, so that the cent by which the amounts may differ is no error of
    /// a rate.
    fn compare_rates(&mut self, currency: &str, ours: Decimal, ledger: Decimal) {
        let rates = (self.ours.rate(currency), self.ledger.rate(currency));
        let (Some(our_rate), Some(ledger_rate)) = rates else {
            match rates {
                (None, None) => self.left_out.push(currency.to_owned()),
                (None, _) => self.without_rate(Kind::NoPriceInPack, currency),
                _ => self.without_rate(Kind::NoPriceInLedger, currency),
            }
            return;
        };
        let product = |amount: Decimal, rate: Decimal| whole(amount) * whole(rate);
        self.totals.0 += product(ours, our_rate.decimal());
        self.totals.1 += product(ledger, ledger_rate.decimal());
        self.valued += 1;
        let amount = if ledger.is_zero() { ours } else { ledger };
        let values = (
            product(amount, our_rate.decimal()),
            product(amount, ledger_rate.decimal()),
        );
        if let Some(error) = error_bps(&values.0, &values.1) {
            self.largest = self.largest.map(|largest| largest.max(error));
            if error > MOST_ERROR_BPS {
                let text = |rate: entity::values::Rate| Some(rate.to_string());
                let (ours, ledger) = (text(our_rate), text(ledger_rate));
                self.note(Kind::Value, None, Some(currency), ours, ledger);
                self.last_error(Some(error));
            }
        }
    }

    fn without_rate(&mut self, kind: Kind, currency: &str) {
        self.largest = None;
        self.note(kind, None, Some(currency), None, None);
    }

    fn compare_totals(&mut self) {
        if self.valued == 0 && !self.left_out.is_empty() {
            let base = self.ours.base_currency.clone();
            self.largest = None;
            self.note(Kind::NothingValued, None, Some(&base), None, None);
        } else if self.largest.is_some() {
            let (ours, ledger) = self.totals.clone();
            self.measure(Kind::TotalValue, None, (&ours, &ledger));
        }
    }

    fn add(&mut self, ours: Money, ledger: Money) {
        self.totals.0 += fine(ours);
        self.totals.1 += fine(ledger);
        self.valued += 1;
    }

    /// Values are those of [`fine`].
    fn measure(&mut self, kind: Kind, security: Option<&str>, values: (&BigInt, &BigInt)) {
        let error = error_bps(values.0, values.1);
        self.largest = match (self.largest, error) {
            (Some(largest), Some(error)) => Some(largest.max(error)),
            _ => None,
        };
        if error.is_none_or(|error| error > MOST_ERROR_BPS) {
            let text = |value: &BigInt| number(&(value / whole(Decimal::ONE))).map(canonical);
            let base = self.ours.base_currency.clone();
            let (ours, ledger) = (text(values.0), text(values.1));
            self.note(kind, security, Some(&base), ours, ledger);
            self.last_error(error);
        }
    }

    fn unmeasured(
        &mut self,
        kind: Kind,
        security: &str,
        ours: Option<String>,
        ledger: Option<String>,
    ) {
        let base = self.ours.base_currency.clone();
        self.largest = None;
        self.note(kind, Some(security), Some(&base), ours, ledger);
    }

    fn note(
        &mut self,
        kind: Kind,
        security: Option<&str>,
        currency: Option<&str>,
        ours: Option<String>,
        ledger: Option<String>,
    ) {
        self.differences.push(Difference {
            kind,
            security: security.map(str::to_owned),
            currency: currency.map(str::to_owned),
            ours,
            ledger,
            error_bps: None,
        });
    }

    fn last_error(&mut self, error: Option<Ratio>) {
        if let Some(last) = self.differences.last_mut() {
            last.error_bps = error;
        }
    }
}

/// In units of 10^-56, as a product of two numbers is.
fn fine(money: Money) -> BigInt {
    whole(money.decimal()) * whole(Decimal::ONE)
}

fn union<'a, K: Ord>(
    ours: impl Iterator<Item = &'a K>,
    ledger: impl Iterator<Item = &'a K>,
) -> BTreeSet<&'a K> {
    ours.chain(ledger).collect()
}
