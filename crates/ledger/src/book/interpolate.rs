//! Finding the one number that a group of postings leaves out.

use rust_decimal::Decimal;

use super::group::{Fault, Group};
use super::open::{Missing, OpenCost, OpenPosting};
use super::tolerance::Tolerances;
use crate::arithmetic;
use crate::names::Names;
use crate::syntax::draft::CostNumber;

/// Finds the missing number of a group, if there is one.
///
/// # Errors
/// If more than one is missing, or it cannot be found from the others.
pub(super) fn interpolate(
    group: &mut Group,
    tolerances: impl Fn() -> Tolerances,
    names: &Names,
) -> Result<(), Fault> {
    let mut missing = (0..)
        .zip(&group.postings)
        .flat_map(|(place, posting): (usize, _)| {
            posting
                .missing()
                .into_iter()
                .map(move |number| (place, number))
        });
    let Some((place, number)) = missing.next() else {
        return Ok(());
    };
    if let Some((second, _)) = missing.next() {
        let message = format!(
            "more than one number is missing among the postings in {}: write all but one",
            names.currency(group.currency)
        );
        return Err((group.postings[second].line, message));
    }
    let others = group
        .postings
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place);
    let sum = others
        .map(|(_, posting)| posting.weight())
        .try_fold(Decimal::ZERO, |sum, weight| arithmetic::add(sum, weight?));
    let posting = &mut group.postings[place];
    let line = posting.line;
    let fault = |message: &str| (line, message.to_owned());
    let Some(sum) = sum else {
        return Err(fault("the amounts are larger than can be added"));
    };
    fill(posting, number, -sum, tolerances).map_err(|message| fault(&message))
}

/// Sets the missing number so that the posting's weight is `weight`.
fn fill(
    posting: &mut OpenPosting,
    missing: Missing,
    weight: Decimal,
    tolerances: impl Fn() -> Tolerances,
) -> Result<(), String> {
    let unheld = || "the missing number cannot be found: the division has no exact end".to_owned();
    let units = posting.units.unwrap_or_default();
    match missing {
        Missing::Units => {
            let exact = missing_units(posting, weight)?;
            let rounded = tolerances().quantize(posting.currency, exact);
            posting.units = Some(rounded.ok_or_else(unheld)?);
            posting.interpolated = true;
        }
        Missing::Price => {
            if !matches!(posting.cost, OpenCost::None) {
                return Err(
                    "a price beside a cost cannot be found from the others: write it".into(),
                );
            }
            let number = arithmetic::divide(weight, units).ok_or_else(unheld)?;
            if let Some((price, _)) = &mut posting.price {
                *price = Some(number.abs());
            }
        }
        Missing::CostPerUnit | Missing::CostTotal => {
            let OpenCost::Spec(cost) = &mut posting.cost else {
                return Err(unheld());
            };
            if missing == Missing::CostPerUnit {
                let total = match cost.total {
                    CostNumber::Given(total) => total,
                    _ => Decimal::ZERO,
                };
                let rest = arithmetic::subtract(weight, total);
                let number = rest.and_then(|rest| arithmetic::divide(rest, units));
                cost.per_unit = CostNumber::Given(number.ok_or_else(unheld)?);
            } else {
                let per_unit = match cost.per_unit {
                    CostNumber::Given(number) => number,
                    _ => Decimal::ZERO,
                };
                let part = arithmetic::multiply(per_unit, units);
                let total = part.and_then(|part| arithmetic::subtract(weight, part));
                cost.total = CostNumber::Given(total.ok_or_else(unheld)?);
            }
        }
    }
    Ok(())
}

fn missing_units(posting: &OpenPosting, weight: Decimal) -> Result<Decimal, String> {
    let (per_unit, total) = match (&posting.cost, posting.price) {
        (OpenCost::Spec(cost), _) => match (cost.per_unit, cost.total) {
            (CostNumber::Given(number), CostNumber::Given(total)) => (number, total),
            (CostNumber::Given(number), _) => (number, Decimal::ZERO),
            _ => (Decimal::ZERO, Decimal::ZERO),
        },
        (OpenCost::None, Some((Some(number), _))) => (number, Decimal::ZERO),
        _ => return Ok(weight),
    };
    if per_unit.is_zero() {
        return Err(
            "units cannot be found without a cost or price per unit: write their number".into(),
        );
    }
    arithmetic::subtract(weight, total)
        .and_then(|rest| arithmetic::divide(rest, per_unit))
        .ok_or_else(|| "the number of units has more digits than can be held".into())
}
