//! What a word of a type column means.

use entity::values::TransactionKind;

/// A kind of transaction, and which way it moves cash where the amount has no sign of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Booking {
    pub kind: TransactionKind,
    pub brings_cash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Booked(Booking),
    /// A cash transfer, a deposit or a withdrawal, as the amount's sign says.
    BySign(Booking, Booking),
    /// The row is no transaction.
    Ignored,
    /// A transaction that cannot be told by one row; why.
    Refused(&'static str),
    /// One that only a row with a cash effect tells, which has columns for it; why no other.
    Told(TransactionKind, &'static str),
}

/// What the words of a type column mean, folded.
pub(super) type Words = [(Word, &'static [&'static str])];

impl Booking {
    pub const fn inward(kind: TransactionKind) -> Self {
        Self {
            kind,
            brings_cash: true,
        }
    }

    pub const fn outward(kind: TransactionKind) -> Self {
        Self {
            kind,
            brings_cash: false,
        }
    }

    /// The way that transactions of a kind go unless somebody takes something back.
    pub const fn usual(kind: TransactionKind) -> Self {
        use TransactionKind as Kind;
        match kind {
            Kind::Buy | Kind::Fee | Kind::Tax | Kind::Withdrawal | Kind::TransferOut => {
                Self::outward(kind)
            }
            Kind::Sell
            | Kind::Dividend
            | Kind::Interest
            | Kind::Deposit
            | Kind::Split
            | Kind::SpinOff
            | Kind::ReturnOfCapital
            | Kind::TransferIn
            | Kind::Merger => Self::inward(kind),
        }
    }
}

pub(super) const fn usual(kind: TransactionKind) -> Word {
    Word::Booked(Booking::usual(kind))
}

/// A transaction that is not booked by itself.
pub(super) const SPIN_OFF: &str = "a spin-off needs the security that it comes from and its share of the cost, which the file does \
     not say: record it by hand";
pub(super) const MERGER: &str =
    "a merger needs both securities and their ratio, which one row does not say: record it by hand";
pub(super) const REINVESTED: &str = "a reinvested dividend is two transactions: write it as a dividend and a purchase, or record both by hand";
pub(super) const EXCHANGE: &str = "an exchange of currencies is two transactions: write it as a withdrawal in the one and a \
     deposit in the other, or record both by hand";

impl Word {
    /// What the word means for an amount of this sign; `None` if the row is no transaction.
    pub fn booking(self, is_negative: bool) -> Result<Option<Booking>, &'static str> {
        match self {
            Self::Booked(booking) => match booking.kind {
                TransactionKind::SpinOff => Err(SPIN_OFF),
                TransactionKind::Merger => Err(MERGER),
                _ => Ok(Some(booking)),
            },
            Self::BySign(inward, outward) => Ok(Some(if is_negative { outward } else { inward })),
            Self::Ignored => Ok(None),
            Self::Refused(why) | Self::Told(_, why) => Err(why),
        }
    }
}
