//! The table that Ghostfolio imports.

use super::{
    super::{
        field::Field,
        layout::{Amounts, DateDecision, Layout, MarkDecision},
    },
    ghostfolio::{WORDS, read},
};

pub(in super::super) static LAYOUT: Layout = Layout {
    wanted: "a CSV file for Ghostfolio",
    names: &[
        (Field::Date, &["date", "tradedate"]),
        (Field::Symbol, &["code", "symbol", "ticker"]),
        (Field::DataSource, &["datasource"]),
        (Field::Currency, &["ccy", "currency", "currencyprimary"]),
        (Field::Price, &["price", "tradeprice", "unitprice", "value"]),
        (Field::Quantity, &["qty", "quantity", "shares", "units"]),
        (Field::Kind, &["action", "buysell", "type"]),
        (Field::Fee, &["commission", "fee", "ibcommission"]),
        (Field::Note, &["comment", "note"]),
    ],
    words: WORDS,
    required: &[
        ("the date (Date)", &[Field::Date]),
        ("the type (Action)", &[Field::Kind]),
        ("the symbol (Code)", &[Field::Symbol]),
        ("the currency (Currency)", &[Field::Currency]),
        ("the unit price (Price)", &[Field::Price]),
        ("the quantity (Quantity)", &[Field::Quantity]),
        ("the fee (Fee)", &[Field::Fee]),
    ],
    dates: DateDecision::DayFirst,
    marks: MarkDecision::Point,
    amounts: Amounts::Known,
    read,
};
