//! Wealthfolio's activities, as it exports and imports them.
//!
//! Of a trade the amount follows from quantity, price and fee, whatever its column says. Of all else the
//! value is the amount, or quantity times price where there is none; a fee goes off it.

use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use super::super::{
    assemble::{Said, assemble, net, value},
    booking::{Booking, REINVESTED, Word, Words, usual},
    cells::Cells,
    exact,
    faults::Faults,
    field::Field,
    layout::{Amounts, DateDecision, Layout, MarkDecision},
    row::Row,
    words::folded,
};

pub(in super::super) static LAYOUT: Layout = Layout {
    wanted: "a CSV file of Wealthfolio",
    names: &[
        (Field::Date, &["date", "activitydate"]),
        (Field::Symbol, &["symbol", "assetsymbol", "assetid"]),
        (Field::Name, &["assetname"]),
        (Field::SecurityKind, &["instrumenttype"]),
        (Field::Quantity, &["quantity"]),
        (Field::Kind, &["activitytype", "type"]),
        (Field::Price, &["unitprice"]),
        (Field::Currency, &["currency"]),
        (Field::Fee, &["fee"]),
        (Field::Tax, &["tax"]),
        (Field::Amount, &["amount"]),
        (Field::Subtype, &["subtype"]),
        (Field::Note, &["comment", "notes", "note"]),
        (Field::Id, &["id"]),
    ],
    words: WORDS,
    required: &[
        ("the date (date)", &[Field::Date]),
        ("the type (activityType)", &[Field::Kind]),
        ("the symbol (symbol)", &[Field::Symbol]),
        ("the quantity (quantity)", &[Field::Quantity]),
        ("the unit price (unitPrice)", &[Field::Price]),
        ("the currency (currency)", &[Field::Currency]),
    ],
    dates: DateDecision::ByColumn,
    marks: MarkDecision::Point,
    amounts: Amounts::Known,
    read,
};

const CREDIT: &str = "a CREDIT (a bonus or rebate) has no kind of its own here: write it as a DEPOSIT or as \
     INTEREST, whichever it is";
const ADJUSTMENT: &str = "an ADJUSTMENT does not say what happened: record the transaction by hand";

const WORDS: &Words = &[
    (usual(Kind::Buy), &["buy"]),
    (usual(Kind::Sell), &["sell"]),
    (usual(Kind::Dividend), &["dividend"]),
    (usual(Kind::Interest), &["interest"]),
    (usual(Kind::Deposit), &["deposit"]),
    (usual(Kind::Withdrawal), &["withdrawal"]),
    (usual(Kind::TransferIn), &["transferin", "addholding"]),
    (usual(Kind::TransferOut), &["transferout", "removeholding"]),
    (usual(Kind::Fee), &["fee"]),
    (usual(Kind::Tax), &["tax"]),
    (usual(Kind::Split), &["split"]),
    (Word::Refused(CREDIT), &["credit"]),
    (Word::Refused(ADJUSTMENT), &["adjustment", "unknown"]),
];

/// What the program books as two movements.
const TWOFOLD: [&str; 3] = ["drip", "dividendinkind", "stakingreward"];

fn read(cells: &Cells<'_>, booking: Booking, faults: &mut Faults) -> Option<Row> {
    let subtype = cells.text(Field::Subtype).map(folded);
    if subtype.is_some_and(|subtype| TWOFOLD.contains(&subtype.as_str())) {
        cells.fault(faults, Field::Subtype, REINVESTED);
    }
    let currency = match (cells.text(Field::Currency), booking.kind) {
        (None, Kind::Split) => Some(String::new()),
        _ => cells.currency(faults),
    };
    let mut said = Said {
        security: cells
            .security(faults)
            .filter(|security| !is_cash(&security.symbol)),
        units: cells.units(faults),
        price: cells.number(Field::Price, faults).map(|price| price.abs()),
        amount: None,
        currency: currency.unwrap_or_default(),
        fee: cells.cost(Field::Fee, faults),
        tax: cells.cost(Field::Tax, faults),
        fx_rate: None,
        ratio: None,
        narration: cells.owned(Field::Note),
    };
    match booking.kind {
        Kind::Buy | Kind::Sell => {}
        Kind::Split => said.ratio = Some((new_units(cells, &said, faults), Decimal::ONE)),
        Kind::Fee | Kind::Tax => {
            let cost = gross(cells, &said, faults).or_else(|| cost(&said));
            said.amount = cost.map(|cost| -cost);
        }
        _ => {
            let gross = gross(cells, &said, faults);
            let costs = (said.fee, said.tax);
            said.amount = gross.and_then(|gross| net(booking, gross, costs, cells, faults));
        }
    }
    assemble(cells, booking.kind, said, faults)
}

/// Cash is an asset of its own: `$CASH-USD`, `CASH:USD`.
fn is_cash(symbol: &str) -> bool {
    symbol.starts_with("$CASH") || symbol.starts_with("CASH:")
}

fn gross(cells: &Cells<'_>, said: &Said, faults: &mut Faults) -> Option<Decimal> {
    let amount = cells
        .number(Field::Amount, faults)
        .map(|amount| amount.abs());
    let amount = amount.filter(|amount| !amount.is_zero());
    let gross = amount.or_else(|| value(said.units, said.price, cells, faults));
    gross.filter(|gross| !gross.is_zero())
}

fn cost(said: &Said) -> Option<Decimal> {
    exact::sum(said.fee, said.tax).filter(|cost| !cost.is_zero())
}

/// New units for each old one stand in the amount, or else in the quantity.
fn new_units(cells: &Cells<'_>, said: &Said, faults: &mut Faults) -> Decimal {
    let amount = cells.number(Field::Amount, faults);
    amount
        .filter(|amount| !amount.is_zero())
        .unwrap_or(said.units)
}
