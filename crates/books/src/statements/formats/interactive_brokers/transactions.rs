//! What the rows of a flex query mean.
//!
//! `NetCash` is the whole effect of a trade on cash; a commission is negative where it is paid. Amounts of
//! cash transactions are signed as they move cash.

use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use super::super::super::{
    assemble::{Said, assemble},
    booking::{Booking, EXCHANGE, Word, Words, usual},
    cells::{Cells, security_kind},
    exact,
    faults::Faults,
    field::Field,
    row::{Row, SecurityName},
};

const CANCELLED: &str = "a cancelled trade: leave out this row and the one that it cancels";
const MARGINED: &str = "futures and contracts for difference are settled by their gains, which no transaction here can \
     tell: leave the row out and record its cash by hand";

const TRADE_WORDS: &Words = &[
    (usual(Kind::Buy), &["buy"]),
    (usual(Kind::Sell), &["sell"]),
    (Word::Refused(CANCELLED), &["buyca", "sellca"]),
];

const DEPOSIT_OR_WITHDRAWAL: Word = Word::BySign(
    Booking::usual(Kind::Deposit),
    Booking::usual(Kind::Withdrawal),
);

const CASH_WORDS: &Words = &[
    (
        usual(Kind::Dividend),
        &["dividends", "paymentinlieuofdividends"],
    ),
    (usual(Kind::Tax), &["withholdingtax", "871mwithholding"]),
    (
        usual(Kind::Interest),
        &[
            "brokerinterestreceived",
            "brokerinterestpaid",
            "bondinterestreceived",
            "bondinterestpaid",
        ],
    ),
    (DEPOSIT_OR_WITHDRAWAL, &["depositswithdrawals"]),
    (
        usual(Kind::Fee),
        &[
            "otherfees",
            "brokerfees",
            "advisorfees",
            "commissionadjustments",
        ],
    ),
];

pub(super) fn trade(cells: &Cells<'_>, faults: &mut Faults) -> Option<Row> {
    let booking = cells.booking(TRADE_WORDS, &[], faults)?;
    match cells.text(Field::SecurityKind) {
        Some("CASH") => cells.fault(faults, Field::SecurityKind, EXCHANGE),
        Some("FUT" | "FOP" | "CFD" | "FSFOP") => cells.fault(faults, Field::SecurityKind, MARGINED),
        _ => {}
    }
    let currency = cells.currency(faults).unwrap_or_default();
    check_commission_currency(cells, &currency, faults);
    let fee = -cells.number(Field::Fee, faults).unwrap_or_default();
    let tax = -cells.number(Field::Tax, faults).unwrap_or_default();
    let said = Said {
        security: security(cells, &currency, faults),
        units: cells.units(faults),
        price: cells.price(faults),
        amount: effect(cells, (fee, tax), faults),
        currency,
        // A rebate makes the amount better; a row has no place for it by itself.
        fee: fee.max(Decimal::ZERO),
        tax: tax.max(Decimal::ZERO),
        fx_rate: cells.number(Field::FxRate, faults),
        ratio: None,
        narration: None,
    };
    assemble(cells, booking.kind, said, faults)
}

/// What a trade does to cash: `NetCash`, else the proceeds less what it costs.
fn effect(
    cells: &Cells<'_>,
    (fee, tax): (Decimal, Decimal),
    faults: &mut Faults,
) -> Option<Decimal> {
    if let Some(net) = cells.number(Field::Amount, faults) {
        return Some(net);
    }
    if let Some(proceeds) = cells.number(Field::Gross, faults) {
        return exact::less(proceeds, fee, tax);
    }
    let multiplier = cells
        .number(Field::Multiplier, faults)
        .unwrap_or(Decimal::ONE);
    let is_unit = cells.columns.has(Field::Multiplier) && multiplier == Decimal::ONE;
    let is_share = cells.text(Field::SecurityKind) == Some("STK");
    let is_rebate = fee < Decimal::ZERO || tax < Decimal::ZERO;
    if is_rebate || !(is_unit || is_share) {
        let detail = "what the trade does to cash does not follow from this row: add the field NetCash to the query";
        cells.fault(faults, Field::Price, detail);
    }
    None
}

fn check_commission_currency(cells: &Cells<'_>, currency: &str, faults: &mut Faults) {
    let is_paid = cells
        .number(Field::Fee, faults)
        .is_some_and(|fee| !fee.is_zero());
    if let Some(other) = cells.text(Field::FeeCurrency)
        && is_paid
        && other != currency
    {
        let detail = format!(
            "the commission is in {other}, the trade in {currency}: one transaction has one currency, so record \
             this one by hand"
        );
        cells.fault(faults, Field::FeeCurrency, detail);
    }
}

pub(super) fn cash(cells: &Cells<'_>, faults: &mut Faults) -> Option<Row> {
    let booking = cells.booking(CASH_WORDS, &[], faults)?;
    let currency = cells.currency(faults).unwrap_or_default();
    let said = Said {
        security: security(cells, &currency, faults),
        units: Decimal::ZERO,
        price: None,
        amount: cells.number(Field::Amount, faults),
        currency,
        fee: Decimal::ZERO,
        tax: Decimal::ZERO,
        fx_rate: cells.number(Field::FxRate, faults),
        ratio: None,
        narration: cells.owned(Field::Note),
    };
    let mut row = assemble(cells, booking.kind, said, faults)?;
    if row.kind == Kind::Dividend {
        row.pay_date = row.settle_date;
    }
    Some(row)
}

fn security(cells: &Cells<'_>, currency: &str, faults: &mut Faults) -> Option<SecurityName> {
    let mut security = cells.security(faults)?;
    security.kind = match cells.text(Field::Subtype) {
        Some("ETF") => security_kind("etf"),
        _ => security.kind,
    };
    security.currency = Some(currency.to_owned());
    Some(security)
}
