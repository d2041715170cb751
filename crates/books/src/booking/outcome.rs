//! What has come of it: lots that were opened, and units that left them.

use chrono::NaiveDate;
use entity::values::{SecurityId, TransactionId};
use rust_decimal::Decimal;

use super::LotKey;

/// Units that became a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub lot: LotKey,
    pub security: SecurityId,
    pub opened_on: NaiveDate,
    /// Earlier than `opened_on` where a corporate action carried the lot over.
    pub acquired_on: NaiveDate,
    /// Negative for a short.
    pub quantity: Decimal,
    /// Of all units, in `currency`; negative for a short, whose cost is what was got for it.
    pub cost_basis: Decimal,
    pub cost_basis_base: Option<Decimal>,
    pub currency: String,
}

/// Units that left a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub lot: LotKey,
    pub transaction: TransactionId,
    pub security: SecurityId,
    pub closed_on: NaiveDate,
    pub acquired_on: NaiveDate,
    /// With the lot's sign.
    pub quantity: Decimal,
    pub proceeds: Decimal,
    pub proceeds_base: Option<Decimal>,
    pub cost_basis: Decimal,
    pub cost_basis_base: Option<Decimal>,
    /// What of the cost went on into other lots.
    pub carried_basis: Decimal,
    /// `proceeds - (cost_basis - carried_basis)`, in the lot's currency.
    pub realized_gain: Decimal,
    /// The gain in base currency: the proceeds at the rate of the closing, less the cost at that of the
    /// acquisition.
    pub realized_gain_base: Option<Decimal>,
    /// The part of it that came from the exchange rate: the cost that did not go on, at the rate of the
    /// closing, less the same at that of the acquisition.
    pub fx_gain: Option<Decimal>,
    pub currency: String,
}

/// What a run of events did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    pub openings: Vec<Opening>,
    pub closings: Vec<Closing>,
}
