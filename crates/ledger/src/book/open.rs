//! A posting while its transaction is booked.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::reduce;
use crate::arithmetic;
use crate::names::{AccountId, CurrencyId};
use crate::syntax::draft::{CostNumber, DraftCost};
use crate::transaction::{Cost, Posting, Price};

/// A posting whose currencies are known and one of whose numbers may be missing.
#[derive(Debug, Clone)]
pub(super) struct OpenPosting {
    /// Its place in the transaction.
    pub place: usize,
    pub line: u32,
    pub flag: Option<char>,
    pub account: AccountId,
    pub units: Option<Decimal>,
    pub currency: CurrencyId,
    pub cost: OpenCost,
    /// The number is missing, or per unit.
    pub price: Option<(Option<Decimal>, CurrencyId)>,
    pub interpolated: bool,
}

#[derive(Debug, Clone)]
pub(super) enum OpenCost {
    None,
    Spec(DraftCost),
    /// Taken from this lot.
    Lot(Cost),
}

/// The number that a posting lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Units,
    CostPerUnit,
    CostTotal,
    Price,
}

impl OpenPosting {
    pub(super) fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.units.is_none() {
            missing.push(Missing::Units);
        }
        if let OpenCost::Spec(cost) = &self.cost {
            if cost.per_unit == CostNumber::Missing {
                missing.push(Missing::CostPerUnit);
            }
            if cost.total == CostNumber::Missing {
                missing.push(Missing::CostTotal);
            }
        }
        if matches!(self.price, Some((None, _))) {
            missing.push(Missing::Price);
        }
        missing
    }

    /// What it counts in the balance of its group, `None` if that cannot be held or is not known.
    pub(super) fn weight(&self) -> Option<Decimal> {
        let units = self.units?;
        match (&self.cost, self.price) {
            (OpenCost::Spec(cost), _) => {
                let per_unit = reduce::unit_cost(cost, units).ok()??;
                arithmetic::multiply(units, per_unit)
            }
            (OpenCost::Lot(cost), _) => arithmetic::multiply(units, cost.number),
            (OpenCost::None, Some((number, _))) => arithmetic::multiply(units, number?),
            (OpenCost::None, None) => Some(units),
        }
    }

    /// The posting with its lot fixed.
    ///
    /// # Errors
    /// If the cost per unit cannot be held or is negative, or a lot has no units.
    pub(super) fn finish(self, date: NaiveDate) -> Result<Posting, String> {
        let units = self.units.unwrap_or_default();
        let cost = match self.cost {
            OpenCost::None => None,
            OpenCost::Lot(cost) => Some(cost),
            OpenCost::Spec(spec) if units.is_zero() => {
                let _ = spec;
                return Err("a lot needs a number of units that is not zero".into());
            }
            OpenCost::Spec(spec) => Some(Cost {
                number: reduce::unit_cost(&spec, units)?.unwrap_or_default(),
                currency: spec.currency.unwrap_or(self.currency),
                date: spec.date.unwrap_or(date),
                label: spec.label,
            }),
        };
        if let Some(cost) = &cost
            && cost.number.is_sign_negative()
            && !cost.number.is_zero()
        {
            return Err(format!("the cost per unit is negative: {}", cost.number));
        }
        Ok(Posting {
            account: self.account,
            units,
            currency: self.currency,
            cost,
            price: self.price.and_then(|(number, currency)| {
                Some(Price {
                    number: number?,
                    currency,
                })
            }),
            line: self.line,
            flag: self.flag,
            interpolated: self.interpolated,
        })
    }
}
