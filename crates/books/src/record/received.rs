use chrono::NaiveDate;
use entity::{
    books::transaction,
    values::{Money, Quantity},
};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Units that came from another portfolio of the same owner, with the date and the cost that they had there.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct ReceivedLot {
    pub acquired_on: NaiveDate,
    /// Negative for a short.
    pub quantity: Quantity,
    /// Of these units, in `currency`.
    pub cost_basis: Money,
    /// The same in the base currency of the portfolio that receives them, at the rate of the acquisition;
    /// `None` if that is not known.
    pub cost_basis_base: Option<Money>,
    pub currency: String,
}

/// What a transaction has received; `None` for one that is no arrival of units from another portfolio.
pub(crate) fn received_of(row: &transaction::Model) -> Result<Option<Vec<ReceivedLot>>, Error> {
    let stored = row.received_lots.as_ref();
    stored
        .map(Vec::<ReceivedLot>::deserialize)
        .transpose()
        .map_err(Error::Terms)
}
