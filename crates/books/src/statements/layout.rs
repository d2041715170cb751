//! What a format of one table is made of.

use super::{
    booking::{Booking, Words},
    cells::Cells,
    columns::Names,
    faults::Faults,
    field::Field,
    row::Row,
};

/// How the order of day and month is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateDecision {
    ByColumn,
    DayFirst,
}

/// How the decimal mark is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkDecision {
    ByColumn,
    /// The program writes all columns in one notation.
    ByFile,
    Point,
}

/// What the amounts of a format are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amounts {
    /// Whatever the file, or a mapping, says.
    ByFile,
    /// Always the same.
    Known,
}

pub(super) struct Layout {
    /// What the file should be, in a message.
    pub wanted: &'static str,
    pub names: &'static Names,
    pub words: &'static Words,
    /// Of each group one column must be there.
    pub required: &'static [(&'static str, &'static [Field])],
    pub dates: DateDecision,
    pub marks: MarkDecision,
    pub amounts: Amounts,
    pub read: fn(&Cells<'_>, Booking, &mut Faults) -> Option<Row>,
}
