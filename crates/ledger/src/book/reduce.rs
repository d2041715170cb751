//! Which lots a reduction takes.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::inventory::{Holding, Lot, LotOrder};
use crate::arithmetic;
use crate::names::{CurrencyId, Names};
use crate::options::Booking;
use crate::syntax::draft::{CostNumber, DraftCost};

/// Units taken from one lot, with the sign of the reduction.
#[derive(Debug)]
pub(super) struct Taken {
    pub order: LotOrder,
    pub lot: Lot,
    pub units: Decimal,
}

/// What a reduction is, for messages.
pub(super) struct Reduction<'a> {
    pub units: Decimal,
    pub commodity: CurrencyId,
    pub cost: &'a DraftCost,
    pub method: Booking,
}

/// The cost per unit that the posting names, if it does.
///
/// # Errors
/// If the number cannot be held.
pub(super) fn unit_cost(cost: &DraftCost, units: Decimal) -> Result<Option<Decimal>, String> {
    let number = match (cost.per_unit, cost.total) {
        (CostNumber::Missing, _)
        | (_, CostNumber::Missing)
        | (CostNumber::Absent, CostNumber::Absent) => return Ok(None),
        (CostNumber::Given(per_unit), CostNumber::Absent) => return Ok(Some(per_unit)),
        (per_unit, CostNumber::Given(total)) => {
            let per_unit = match per_unit {
                CostNumber::Given(number) => number,
                _ => Decimal::ZERO,
            };
            arithmetic::multiply(per_unit, units.abs())
                .and_then(|part| arithmetic::add(part, total))
                .and_then(|all| arithmetic::divide(all, units.abs()))
        }
    };
    number
        .map(Some)
        .ok_or_else(|| "the cost per unit has more digits than can be held".into())
}

/// Finds what the reduction takes from the holding, which does not change.
///
/// # Errors
/// Says why there is no answer: no lot matches, several do, or too few units are held.
pub(super) fn take(
    reduction: &Reduction<'_>,
    holding: &Holding,
    names: &Names,
) -> Result<Vec<Taken>, String> {
    let number = unit_cost(reduction.cost, reduction.units)?;
    let matches = |lot: &Lot| {
        number.is_none_or(|number| lot.cost.number == number)
            && reduction
                .cost
                .currency
                .is_none_or(|currency| lot.cost.currency == currency)
            && reduction.cost.date.is_none_or(|date| lot.cost.date == date)
            && reduction
                .cost
                .label
                .as_ref()
                .is_none_or(|l| lot.cost.label.as_ref() == Some(l))
    };
    let mut matching = holding.lots().filter(|(_, lot)| matches(lot)).peekable();
    if matching.peek().is_none() {
        return Err(reduction.no_lot(holding, names));
    }
    match reduction.method {
        Booking::Fifo | Booking::Lifo | Booking::Hifo => reduction.in_order(matching, names),
        method => {
            let matching: Vec<_> = matching.collect();
            reduction.strictly(&matching, method, names)
        }
    }
}

impl Reduction<'_> {
    fn in_order<'l>(
        &self,
        lots: impl Iterator<Item = (LotOrder, &'l Lot)>,
        names: &Names,
    ) -> Result<Vec<Taken>, String> {
        let mut left = self.units.abs();
        let mut taken = Vec::new();
        for (order, lot) in lots {
            if left.is_zero() {
                break;
            }
            if lot.units.is_sign_negative() == self.units.is_sign_negative() {
                continue;
            }
            let size = lot.units.abs().min(left);
            left -= size;
            taken.push(Taken {
                order,
                lot: lot.clone(),
                units: self.signed(size),
            });
        }
        if left.is_zero() {
            Ok(taken)
        } else {
            Err(self.too_few(self.units.abs() - left, names))
        }
    }

    fn strictly(
        &self,
        matching: &[(LotOrder, &Lot)],
        method: Booking,
        names: &Names,
    ) -> Result<Vec<Taken>, String> {
        if let [(order, lot)] = matching {
            let size = lot.units.abs().min(self.units.abs());
            if size != self.units.abs() {
                return Err(self.too_few(size, names));
            }
            return Ok(vec![Taken {
                order: *order,
                lot: (*lot).clone(),
                units: self.units,
            }]);
        }
        let all = matching.iter().try_fold(Decimal::ZERO, |sum, (_, lot)| {
            arithmetic::add(sum, lot.units)
        });
        if all == Some(-self.units) {
            let take_whole = |(order, lot): &(LotOrder, &Lot)| Taken {
                order: *order,
                lot: (*lot).clone(),
                units: -lot.units,
            };
            return Ok(matching.iter().map(take_whole).collect());
        }
        let same_size = matching.iter().filter(|(_, lot)| lot.units == -self.units);
        let same_size = same_size.min_by_key(|(_, lot)| lot.cost.date);
        match same_size.filter(|_| method == Booking::StrictWithSize) {
            Some((order, lot)) => Ok(vec![Taken {
                order: *order,
                lot: (*lot).clone(),
                units: self.units,
            }]),
            None => Err(self.ambiguous(matching, names)),
        }
    }

    fn signed(&self, size: Decimal) -> Decimal {
        if self.units.is_sign_negative() {
            -size
        } else {
            size
        }
    }

    fn no_lot(&self, holding: &Holding, names: &Names) -> String {
        let held: Vec<_> = holding
            .lots()
            .map(|(_, lot)| self.describe(lot, names))
            .collect();
        let held = match held.len() {
            0 => "none is held at cost".to_owned(),
            _ => format!("held are {}", shortened(&held)),
        };
        format!(
            "no lot of {} matches {}: {held}; correct the cost in braces, or leave it empty",
            names.currency(self.commodity),
            self.wanted(names),
        )
    }

    fn ambiguous(&self, matching: &[(LotOrder, &Lot)], names: &Names) -> String {
        let lots: Vec<_> = matching
            .iter()
            .map(|(_, lot)| self.describe(lot, names))
            .collect();
        format!(
            "{} {} is ambiguous: {} lots match {}, they are {}; name one by cost, date or label, or \
             open the account with \"FIFO\", \"LIFO\" or \"HIFO\"",
            self.units,
            names.currency(self.commodity),
            matching.len(),
            self.wanted(names),
            shortened(&lots),
        )
    }

    fn too_few(&self, held: Decimal, names: &Names) -> String {
        let commodity = names.currency(self.commodity);
        format!(
            "not enough units: {} {commodity} are taken, the lots that match {} hold {held}; {} are \
             missing",
            self.units.abs(),
            self.wanted(names),
            (self.units.abs() - held).normalize(),
        )
    }

    fn describe(&self, lot: &Lot, names: &Names) -> String {
        let label = lot
            .cost
            .label
            .as_ref()
            .map_or(String::new(), |label| format!(", \"{label}\""));
        format!(
            "{} {} {{{} {}, {}{label}}}",
            lot.units,
            names.currency(self.commodity),
            lot.cost.number,
            names.currency(lot.cost.currency),
            lot.cost.date,
        )
    }

    fn wanted(&self, names: &Names) -> String {
        let mut parts = Vec::new();
        if let Ok(Some(number)) = unit_cost(self.cost, self.units) {
            let currency = self
                .cost
                .currency
                .map(|c| names.currency(c))
                .unwrap_or_default();
            parts.push(format!("{number} {currency}").trim_end().to_owned());
        }
        parts.extend(self.cost.date.map(|date| date.to_string()));
        parts.extend(self.cost.label.as_ref().map(|label| format!("\"{label}\"")));
        format!("{{{}}}", parts.join(", "))
    }
}

fn shortened(lots: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = lots[..lots.len().min(SHOWN)].join(" and ");
    if lots.len() > SHOWN {
        let _ = write!(text, " and {} more", lots.len() - SHOWN);
    }
    text
}
