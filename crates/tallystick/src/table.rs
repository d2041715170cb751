//! Tables for a person: words to the left, numbers to the right.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use entity::values::{Money, Ratio};
use rust_decimal::{Decimal, RoundingStrategy};

/// A column's heading, and to which side its content goes.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    Words(&'static str),
    Numbers(&'static str),
}

/// One line, under the headings.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Lays out rows under their columns; wraps at the width of a terminal, never elsewhere.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    if table.is_tty() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(columns.iter().map(|column| match column {
        Column::Words(title) | Column::Numbers(title) => *title,
    }));
    table.add_rows(rows);
    for (index, column) in columns.iter().enumerate() {
        if let (Column::Numbers(_), Some(shown)) = (column, table.column_mut(index)) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// An amount to the hundredth, for the eye; a dash where it is unknown.
pub fn amount(amount: Option<Money>) -> String {
    amount.map_or_else(unknown, |amount| fixed(amount.decimal(), 2))
}

/// A ratio in percent, to the hundredth of one.
pub fn percent(ratio: Option<Ratio>) -> String {
    let percent = ratio.and_then(|ratio| ratio.decimal().checked_mul(Decimal::ONE_HUNDRED));
    percent.map_or_else(unknown, |percent| format!("{} %", fixed(percent, 2)))
}

/// Text as it is; a dash where there is none.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(unknown, |value| value.to_string())
}

fn unknown() -> String {
    "–".to_owned()
}

fn fixed(number: Decimal, decimals: u32) -> String {
    let mut number = number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
    number.rescale(decimals);
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number.to_string()
}
