//! Which sign of an amount brings cash, decided by a whole file: some write purchases as negative
//! amounts, some give no signs, and some show what is bought instead of what is paid.

use entity::values::TransactionKind;

use super::{
    booking::Booking,
    evidence::{Decision, Evidence, Seen},
    numbers,
};

/// What the sign of an amount means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AmountSign {
    /// The effect on cash: a purchase is negative.
    Cash,
    /// The type says the direction; a negative amount takes back what its type does.
    Unsigned,
    /// Nothing: the type alone says the direction.
    ByType,
    /// The contrary of the effect on cash: a purchase is positive, a sale negative.
    Inverted,
}

/// Which sign of a fee or tax is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CostSign {
    Positive,
    Negative,
}

/// What the amounts of a file say. In each, `First` is a positive amount and `Second` a negative one.
#[derive(Clone, Debug, Default)]
pub(super) struct SignEvidence {
    /// Purchases and withdrawals: they always cost cash.
    outward: Evidence,
    /// Sales and deposits: they bring it, but for a sale whose fee is more than its proceeds.
    inward: Evidence,
    /// Fees, taxes and charges: they cost cash unless they are paid back.
    costs: Evidence,
}

impl SignEvidence {
    pub fn add(&mut self, booking: Booking, is_negative: bool, line: u64, text: &str) {
        use TransactionKind as Kind;
        let evidence = match booking.kind {
            Kind::Buy | Kind::Withdrawal => &mut self.outward,
            Kind::Sell | Kind::Deposit => &mut self.inward,
            _ if !booking.brings_cash => &mut self.costs,
            _ => return,
        };
        evidence.add(numbers::sign(is_negative), line, text);
    }

    /// The meaning of the signs, or two amounts that contradict each other.
    pub fn decide(&self) -> Result<AmountSign, (Seen, Seen)> {
        let (positive, negative) = (&self.outward.first, &self.outward.second);
        match (positive, negative.as_ref().or(self.costs.second.as_ref())) {
            // Where purchases are positive, nothing tells a negative fee that is paid from one paid back.
            (Some(positive), Some(negative)) => Err((positive.clone(), negative.clone())),
            (Some(_), None) => match self.inward.decide() {
                Decision::Contradictory(positive, negative) => Err((positive, negative)),
                Decision::Second => Ok(AmountSign::Inverted),
                _ => Ok(AmountSign::Unsigned),
            },
            (None, _) if negative.is_some() => Ok(AmountSign::Cash),
            (None, _) => self.without_purchases(),
        }
    }

    /// What brings cash reads the same whether signs mean something or not.
    fn without_purchases(&self) -> Result<AmountSign, (Seen, Seen)> {
        match self.costs.decide() {
            Decision::Contradictory(positive, negative) => Err((positive, negative)),
            Decision::Second => Ok(AmountSign::Cash),
            _ => match (&self.inward.first, &self.inward.second) {
                (None, Some(negative)) => Err((negative.clone(), negative.clone())),
                _ => Ok(AmountSign::Unsigned),
            },
        }
    }
}
