//! How far a transaction may be out of balance: half of the last digit written, by default.

use rust_decimal::Decimal;

use crate::arithmetic;
use crate::names::{CurrencyId, Names};
use crate::options::Options;

/// The most that a tolerance from a cost or price can be.
const MAX_FROM_COST: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

/// The options about tolerances, by currency.
#[derive(Debug)]
pub(crate) struct ToleranceRules {
    pub multiplier: Decimal,
    from_cost: bool,
    defaults: Vec<(CurrencyId, Decimal)>,
    fallback: Decimal,
}

impl ToleranceRules {
    pub(crate) fn new(options: &Options, names: &mut Names) -> Self {
        let mut rules = Self {
            multiplier: options.tolerance_multiplier,
            from_cost: options.tolerance_from_cost,
            defaults: Vec::new(),
            fallback: Decimal::ZERO,
        };
        for (currency, tolerance) in &options.default_tolerances {
            if currency == "*" {
                rules.fallback = *tolerance;
            } else {
                let currency = names.intern_currency(currency);
                rules.defaults.retain(|(known, _)| *known != currency);
                rules.defaults.push((currency, *tolerance));
            }
        }
        rules
    }

    /// The tolerances that a transaction's amounts imply. The default of a currency counts only if the
    /// transaction mentions that currency.
    pub(crate) fn infer(&self, amounts: impl Iterator<Item = Written>) -> Tolerances {
        let mut tolerances = Tolerances {
            by_currency: Vec::new(),
            fallback: self.fallback,
        };
        let mut from_costs = Tolerances {
            by_currency: Vec::new(),
            fallback: Decimal::ZERO,
        };
        for amount in amounts {
            let of_price = amount
                .price
                .map(|(currency, number)| (currency, [number, None]));
            let of_cost = amount.cost;
            let mentioned = amount.currency.into_iter();
            for currency in mentioned.chain(of_cost.iter().chain(&of_price).map(|(c, _)| *c)) {
                if let Some((_, tolerance)) = self.defaults.iter().find(|(of, _)| *of == currency) {
                    tolerances.raise(currency, *tolerance);
                }
            }
            let (Some(units), Some(currency)) = (amount.units, amount.currency) else {
                continue;
            };
            let unit = Decimal::new(1, units.scale());
            let Some(tolerance) = arithmetic::multiply(unit, self.multiplier) else {
                continue;
            };
            if units.scale() == 0 {
                continue;
            }
            tolerances.raise(currency, tolerance);
            if self.from_cost {
                for (currency, numbers) in of_cost.into_iter().chain(of_price) {
                    from_costs.add(currency, implied(tolerance, numbers));
                }
            }
        }
        for (currency, tolerance) in from_costs.by_currency {
            tolerances.raise(currency, tolerance);
        }
        tolerances
    }
}

/// The part of a cost or price that a tolerance of its units makes.
fn implied(tolerance: Decimal, numbers: [Option<Decimal>; 2]) -> Decimal {
    let numbers = numbers.into_iter().flatten();
    let products = numbers.filter_map(|number| arithmetic::multiply(tolerance, number));
    products.fold(MAX_FROM_COST, Decimal::min)
}

/// An amount as it was written, with the numbers of its cost and price; any may be missing.
pub(crate) struct Written {
    pub units: Option<Decimal>,
    pub currency: Option<CurrencyId>,
    /// Per unit and in total.
    pub cost: Option<(CurrencyId, [Option<Decimal>; 2])>,
    pub price: Option<(CurrencyId, Option<Decimal>)>,
}

/// The tolerance of each currency in one transaction.
#[derive(Debug)]
pub(crate) struct Tolerances {
    by_currency: Vec<(CurrencyId, Decimal)>,
    fallback: Decimal,
}

impl Tolerances {
    pub(crate) fn of(&self, currency: CurrencyId) -> Decimal {
        let own = self
            .by_currency
            .iter()
            .find(|(known, _)| *known == currency);
        own.map_or(self.fallback, |(_, tolerance)| *tolerance)
    }

    fn raise(&mut self, currency: CurrencyId, tolerance: Decimal) {
        match self
            .by_currency
            .iter_mut()
            .find(|(known, _)| *known == currency)
        {
            Some((_, known)) => *known = tolerance.max(*known),
            None => self.by_currency.push((currency, tolerance)),
        }
    }

    fn add(&mut self, currency: CurrencyId, tolerance: Decimal) {
        match self
            .by_currency
            .iter_mut()
            .find(|(known, _)| *known == currency)
        {
            Some((_, known)) => *known = arithmetic::add(*known, tolerance).unwrap_or(*known),
            None => self.by_currency.push((currency, tolerance)),
        }
    }

    /// Rounds an interpolated number to the digits that the tolerance implies, as Beancount does:
    /// to twice the tolerance, if that is a number of few digits.
    pub(crate) fn quantize(&self, currency: CurrencyId, number: Decimal) -> Option<Decimal> {
        const MOST_DIGITS: i128 = 100_000;
        let tolerance = self.of(currency);
        if tolerance.is_zero() {
            return Some(number);
        }
        let mut quantum = arithmetic::add(tolerance, tolerance)?.normalize();
        let mut exponent = -i32::try_from(quantum.scale()).ok()?;
        while exponent >= 0 && (quantum % Decimal::TEN).is_zero() {
            quantum = arithmetic::divide(quantum, Decimal::TEN)?;
            exponent += 1;
        }
        if quantum.mantissa().abs() >= MOST_DIGITS / 10 {
            return Some(number);
        }
        arithmetic::round_to_exponent(number, exponent)
    }
}
