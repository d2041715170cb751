//! A table of transactions with usual names, or with those of a mapping.

use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use crate::currency;

use super::{
    super::{
        assemble::{Said, as_told, assemble, net, value},
        booking::Booking,
        cells::Cells,
        exact,
        faults::Faults,
        field::Field,
        layout::{Amounts, DateDecision, Layout, MarkDecision},
        numbers::{self, Mark},
        row::Row,
        signs::AmountSign,
    },
    generic_names::NAMES,
    generic_terms,
    generic_words::WORDS,
};

pub(in super::super) static LAYOUT: Layout = Layout {
    wanted: "a CSV file of transactions",
    names: NAMES,
    words: WORDS,
    required: &[
        ("the date", &[Field::Date]),
        ("the type", &[Field::Kind]),
        ("the currency", &[Field::Currency, Field::PriceCurrency]),
        (
            "an amount or a quantity",
            &[
                Field::Amount,
                Field::Gross,
                Field::CashEffect,
                Field::Quantity,
                Field::Fee,
            ],
        ),
    ],
    dates: DateDecision::ByColumn,
    marks: MarkDecision::ByColumn,
    amounts: Amounts::ByFile,
    read,
};

pub(super) fn read(cells: &Cells<'_>, booking: Booking, faults: &mut Faults) -> Option<Row> {
    let currency = currency(cells, booking, faults).unwrap_or_default();
    let mut said = Said {
        security: cells.security(faults),
        units: cells.units(faults),
        price: cells.price(faults),
        amount: None,
        fee: cells.cost(Field::Fee, faults),
        tax: cells.cost(Field::Tax, faults),
        fx_rate: cells.number(Field::FxRate, faults),
        ratio: ratio(cells, faults),
        narration: cells.owned(Field::Note),
        currency,
    };
    drop_foreign_price(cells, &mut said);
    check_cost(cells, Field::Fee, Field::FeeCurrency, &said, faults);
    check_cost(cells, Field::Tax, Field::TaxCurrency, &said, faults);
    if cells.text(Field::CashEffect).is_some() {
        said.amount = cells.number(Field::CashEffect, faults);
        let terms = generic_terms::read(cells, faults);
        return as_told(cells, booking.kind, said, terms, faults);
    }
    said.amount = amount(cells, booking, &said, faults);
    check_gross(cells, booking, &said, faults);
    if is_transfer_of_units(booking.kind, &said) && said.price.is_none() {
        said.price = price_of_transfer(cells, &said, faults);
    }
    assemble(cells, booking.kind, said, faults)
}

/// The currency of the amount; of a file without one, that of the price.
fn currency(cells: &Cells<'_>, booking: Booking, faults: &mut Faults) -> Option<String> {
    if cells.text(Field::Currency).is_some() {
        return cells.currency(faults);
    }
    if cells.text(Field::PriceCurrency).is_some() {
        return cells.optional_currency(Field::PriceCurrency, faults);
    }
    if booking.kind == Kind::Split {
        return None;
    }
    cells.currency(faults)
}

/// A price in another currency than the amount, or in pence, says nothing about the row's cash.
fn drop_foreign_price(cells: &Cells<'_>, said: &mut Said) {
    let Some(other) = cells
        .text(Field::PriceCurrency)
        .filter(|other| *other != said.currency)
    else {
        return;
    };
    said.price = None;
    if let Some(security) = &mut said.security
        && security.currency.is_none()
        && currency::is_known(other)
    {
        security.currency = Some(other.to_owned());
    }
}

/// Refuses a fee or tax in another currency: the row has one.
fn check_cost(cells: &Cells<'_>, field: Field, currency: Field, said: &Said, faults: &mut Faults) {
    let cost = if field == Field::Fee {
        said.fee
    } else {
        said.tax
    };
    let other = cells.text(currency).filter(|other| *other != said.currency);
    let (Some(other), false) = (other, cost.is_zero()) else {
        return;
    };
    let key = if field == Field::Fee { "fee" } else { "tax" };
    let detail = format!(
        "{cost} {other} is in another currency than the row's {}; if the amount is right without it, leave \
         the column out in a mapping (columns.{key} = [])",
        said.currency
    );
    cells.fault(faults, field, detail);
}

/// The effect on cash, if the row says it or if it follows for a kind that is no trade.
fn amount(
    cells: &Cells<'_>,
    booking: Booking,
    said: &Said,
    faults: &mut Faults,
) -> Option<Decimal> {
    let costs = (said.fee, said.tax);
    if let Some(written) = cells.number(Field::Amount, faults) {
        let amount = match cells.notation.amount {
            AmountSign::Unsigned if booking.brings_cash => written,
            AmountSign::ByType if booking.brings_cash => written.abs(),
            AmountSign::ByType => -written.abs(),
            AmountSign::Cash => written,
            AmountSign::Unsigned | AmountSign::Inverted => -written,
        };
        if !cells.notation.amount_is_gross || is_cost(booking.kind) {
            return Some(amount);
        }
        return net(Booking::inward(booking.kind), amount, costs, cells, faults);
    }
    match booking.kind {
        Kind::Fee | Kind::Tax => {
            let cost = exact::sum(said.fee, said.tax).filter(|cost| !cost.is_zero())?;
            Some(if booking.brings_cash { cost } else { -cost })
        }
        kind => {
            let gross = cells.number(Field::Gross, faults).map(|gross| gross.abs());
            let is_trade = matches!(kind, Kind::Buy | Kind::Sell);
            let follows = || value(said.units, said.price, cells, faults);
            let gross = if is_trade {
                gross
            } else {
                gross.or_else(follows)
            };
            net(booking, gross?, costs, cells, faults)
        }
    }
}

const fn is_cost(kind: Kind) -> bool {
    matches!(kind, Kind::Fee | Kind::Tax)
}

fn is_transfer_of_units(kind: Kind, said: &Said) -> bool {
    matches!(kind, Kind::TransferIn | Kind::TransferOut)
        && said.security.is_some()
        && !said.units.is_zero()
}

/// What a unit costs that came or went with a value instead of a price.
fn price_of_transfer(cells: &Cells<'_>, said: &Said, faults: &mut Faults) -> Option<Decimal> {
    let worth = cells
        .number(Field::Amount, faults)
        .or_else(|| cells.number(Field::Gross, faults))?;
    worth.abs().checked_div(said.units)
}

/// Refuses an amount that is quantity times price to the cent, although there is a fee or tax.
fn check_gross(cells: &Cells<'_>, booking: Booking, said: &Said, faults: &mut Faults) {
    if is_transfer_of_units(booking.kind, said) || is_cost(booking.kind) {
        return;
    }
    let Some(is_gross) = is_gross(booking, said) else {
        return;
    };
    if is_gross && cells.columns.has(Field::Amount) {
        let detail = "the amount is quantity times price, without the row's fee and tax: if it is so \
             throughout, say so in a mapping (amount_is = \"gross\")";
        cells.fault(faults, Field::Amount, detail);
    }
}

fn is_gross(booking: Booking, said: &Said) -> Option<bool> {
    let amount = said.amount?.abs();
    let gross = said.units.checked_mul(said.price?)?;
    let costs = said.fee.checked_add(said.tax)?;
    let net = if booking.brings_cash {
        gross.checked_sub(costs)?
    } else {
        gross.checked_add(costs)?
    };
    let cent = Decimal::new(1, 2);
    let is_near = |other: Decimal| {
        let distance = amount.checked_sub(other.abs());
        distance.is_some_and(|distance| distance.abs() <= cent)
    };
    Some(!said.units.is_zero() && costs > cent && is_near(gross) && !is_near(net))
}

/// `3:1`, `3/1`, `3 for 1`, `3-for-1`, or `3` for each one.
fn ratio(cells: &Cells<'_>, faults: &mut Faults) -> Option<(Decimal, Decimal)> {
    let written = cells.text(Field::Ratio)?;
    let parts: Vec<&str> = written
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|part| !part.is_empty())
        .collect();
    let number = |part: &str| numbers::parse(part, Mark::Point).ok();
    let ratio = match parts.as_slice() {
        [new] => number(new).map(|new| (new, Decimal::ONE)),
        [new, old] => number(new).zip(number(old)),
        _ => None,
    };
    if ratio.is_none() {
        let detail = format!("`{written}` is not new units for old ones, such as 3:1");
        cells.fault(faults, Field::Ratio, detail);
    }
    ratio
}
