use chrono::NaiveDate;
use entity::values::TransactionId;
use rust_decimal::Decimal;

use super::Event;
use crate::Error;

/// An event that the lots before it do not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{fault}", event.map(|(_, date)| format!("the transaction of {date}: ")).unwrap_or_default())]
pub struct Unbookable {
    /// Which transaction, and its date; `None` where what was there before is at fault.
    pub event: Option<(TransactionId, NaiveDate)>,
    /// Its place among those that are being recorded, from 0, if it is one of them.
    pub at: Option<usize>,
    pub fault: Fault,
}

/// Why an event cannot be booked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error(
        "it takes {wanted} units where {} are held, and the portfolio allows no shorts; correct the \
         quantity or the date, record the purchase that is missing, or let the portfolio go short",
        held.normalize()
    )]
    NotHeld { held: Decimal, wanted: Decimal },
    #[error(
        "it brings units of a security of which {} are held short; close the short first",
        held.normalize()
    )]
    OtherSign { held: Decimal },
    #[error("it is about a security of which nothing is held on that day")]
    NothingHeld,
    #[error(
        "it closes the lot of {acquired_on}, which was paid in {paid_in}, for an amount in {now_in}; give \
         the amount in {paid_in}"
    )]
    OtherCurrency {
        acquired_on: NaiveDate,
        paid_in: String,
        now_in: String,
    },
    #[error(
        "the portfolio's lots are named by each sale (specific): say which transactions' lots it takes, \
         {missing} units are not named"
    )]
    LotsNotNamed { missing: Decimal },
    #[error("it names {named} units of lots, and moves {moved}")]
    TooManyNamed { named: Decimal, moved: Decimal },
    #[error(
        "it takes {wanted} units from the lots that the transaction {opened_by} opened, and {} are left \
         of them",
        left.normalize()
    )]
    LotTooSmall {
        opened_by: TransactionId,
        wanted: Decimal,
        left: Decimal,
    },
    #[error("all units come out whole, so that there is no fraction to be paid for in cash")]
    NoFraction,
    #[error("an amount in it has more digits than a number can hold")]
    Overflow,
}

impl Fault {
    pub(super) fn of(self, event: &Event) -> Unbookable {
        Unbookable {
            event: Some((event.transaction, event.date)),
            at: None,
            fault: self,
        }
    }

    pub(super) fn before_all(self) -> Unbookable {
        Unbookable {
            event: None,
            at: None,
            fault: self,
        }
    }
}

/// The arithmetic fails in one way only.
impl From<Error> for Fault {
    fn from(_: Error) -> Self {
        Self::Overflow
    }
}
