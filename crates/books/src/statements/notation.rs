//! How the columns of a file are written.

use super::{
    dates::{DateRule, Order},
    field::Field,
    numbers::Mark,
    signs::{AmountSign, CostSign},
};

/// How the columns of a file are written.
#[derive(Clone, Debug)]
pub(super) struct Notation {
    pub dates: [DateRule; Field::COUNT],
    pub numbers: [Mark; Field::COUNT],
    pub amount: AmountSign,
    /// Fee and tax are not in the amount yet.
    pub amount_is_gross: bool,
    pub cost: CostSign,
}

impl Notation {
    /// Of programs that write for programs: points in numbers, days before months if at all.
    pub const PLAIN: Self = Self {
        dates: [DateRule::Order(Order::DayFirst); Field::COUNT],
        numbers: [Mark::Point; Field::COUNT],
        amount: AmountSign::Cash,
        amount_is_gross: false,
        cost: CostSign::Positive,
    };
}
