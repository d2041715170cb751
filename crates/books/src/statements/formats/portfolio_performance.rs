//! Portfolio Performance: the transactions of an account, or of a securities account.
//!
//! All numbers of a file are in the notation of the computer that wrote it. An account's file shows
//! purchases as negative values, a securities account's as positive ones: the program itself goes by the
//! type, and so do we.

use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use super::{
    super::{
        booking::{Booking, Word, Words, usual},
        cells::Cells,
        faults::Faults,
        field::Field,
        layout::{Amounts, DateDecision, Layout, MarkDecision},
        row::Row,
    },
    generic,
};

pub(in super::super) static LAYOUT: Layout = Layout {
    wanted: "a CSV export of Portfolio Performance",
    names: NAMES,
    words: WORDS,
    required: &[
        ("the date (`Date`, `Datum`)", &[Field::Date]),
        ("the type (`Type`, `Typ`)", &[Field::Kind]),
        ("the value (`Value`, `Wert`)", &[Field::Amount]),
        (
            "the currency (`Transaction Currency`, `Buchungswährung`)",
            &[Field::Currency],
        ),
    ],
    dates: DateDecision::ByColumn,
    marks: MarkDecision::ByFile,
    amounts: Amounts::Known,
    read,
};

/// In English and German.
const NAMES: &[(Field, &[&str])] = &[
    (Field::Date, &["date", "datum"]),
    (Field::ExDate, &["exdate", "extag", "exdatum"]),
    (Field::Kind, &["type", "typ"]),
    (Field::Amount, &["value", "wert"]),
    (
        Field::Currency,
        &["transactioncurrency", "buchungswahrung", "buchungswaehrung"],
    ),
    (
        Field::SecurityCurrency,
        &[
            "currencygrossamount",
            "wahrungbruttobetrag",
            "waehrungbruttobetrag",
        ],
    ),
    (Field::Fee, &["fees", "gebuhren", "gebuehren"]),
    (Field::Tax, &["taxes", "steuern"]),
    (Field::Quantity, &["shares", "stuck", "stueck"]),
    (Field::Isin, &["isin"]),
    (Field::OtherNumber, &["wkn"]),
    (Field::Symbol, &["tickersymbol", "ticker"]),
    (Field::Name, &["securityname", "wertpapiername"]),
    (Field::Note, &["note", "notiz"]),
];

const WORDS: &Words = &[
    (usual(Kind::Buy), &["buy", "kauf"]),
    (usual(Kind::Sell), &["sell", "verkauf"]),
    (usual(Kind::Deposit), &["deposit", "einlage"]),
    (usual(Kind::Withdrawal), &["removal", "entnahme"]),
    (usual(Kind::Dividend), &["dividend", "dividende"]),
    (usual(Kind::Interest), &["interest", "zinsen"]),
    (
        Word::Booked(Booking::outward(Kind::Interest)),
        &["interestcharge", "zinsbelastung"],
    ),
    (usual(Kind::Fee), &["fees", "gebuhren"]),
    (
        Word::Booked(Booking::inward(Kind::Fee)),
        &["feesrefund", "gebuhrenerstattung"],
    ),
    (usual(Kind::Tax), &["taxes", "steuern"]),
    (
        Word::Booked(Booking::inward(Kind::Tax)),
        &["taxrefund", "steuerruckerstattung"],
    ),
    (
        usual(Kind::TransferIn),
        &[
            "deliveryinbound",
            "einlieferung",
            "transferinbound",
            "umbuchungeingang",
        ],
    ),
    (
        usual(Kind::TransferOut),
        &[
            "deliveryoutbound",
            "auslieferung",
            "transferoutbound",
            "umbuchungausgang",
        ],
    ),
];

fn read(cells: &Cells<'_>, booking: Booking, faults: &mut Faults) -> Option<Row> {
    let mut row = generic::read(cells, booking, faults)?;
    let moves_units = matches!(row.kind, Kind::TransferIn | Kind::TransferOut);
    if moves_units && !row.quantity.is_zero() {
        // A delivery's fees are part of its value, and no cash of the account.
        row.amount = Some(Decimal::ZERO);
        (row.fee, row.tax) = (Decimal::ZERO, Decimal::ZERO);
    }
    Some(row)
}
