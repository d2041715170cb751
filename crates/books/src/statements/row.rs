//! One transaction as a file tells it.

use chrono::NaiveDate;
use entity::values::{SecurityKind, TransactionKind};
use rust_decimal::Decimal;

/// A transaction of a file. Nothing of it has been looked up: the names are the file's own.
///
/// Trades (`buy`, `sell`) and transfers of units have a quantity; all other kinds have a quantity of
/// zero and their whole effect in `amount`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where the row begins; 1 for the first line of the file.
    pub line: u64,
    pub kind: TransactionKind,
    /// As the file writes it: a time or time zone beside it moves nothing.
    pub trade_date: NaiveDate,
    pub settle_date: Option<NaiveDate>,
    pub ex_date: Option<NaiveDate>,
    pub pay_date: Option<NaiveDate>,
    pub security: Option<SecurityName>,
    /// Units, without a sign: the kind says the direction.
    pub quantity: Decimal,
    /// What one unit costs in `currency`, not negative. For units that are transferred: what they cost
    /// or are worth, if the file says so; where it gives the value of all of them, that value by the
    /// units, to 28 digits.
    pub price: Option<Decimal>,
    /// Effect on cash in `currency`, signed, fee and tax included; `None` if it follows from quantity,
    /// price, fee and tax.
    pub amount: Option<Decimal>,
    /// ISO 4217. Empty for a split whose file names no currency, since a split moves none.
    pub currency: String,
    /// Part of the amount, not negative; zero where the amount itself is a fee.
    pub fee: Decimal,
    /// Part of the amount, not negative; zero where the amount itself is a tax.
    pub tax: Decimal,
    /// Units of the portfolio's currency for one of `currency`, if the file says so.
    pub fx_rate: Option<Decimal>,
    /// For a split, a spin-off or a merger: new units for old ones, both greater than zero.
    pub ratio: Option<(Decimal, Decimal)>,
    pub terms: RowTerms,
    pub narration: Option<String>,
    /// The file's own name of the row.
    pub external_id: Option<String>,
}

/// What a row says of a corporate action, or of the lots that are meant, beside a ratio.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowTerms {
    pub into: Option<SecurityName>,
    pub basis_share: Option<Decimal>,
    pub in_lieu: Option<Decimal>,
    /// Units of the lots that a row opened, by that row's own name.
    pub lots: Vec<(String, Decimal)>,
    pub acquired_on: Option<NaiveDate>,
}

/// A security as a file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityName {
    /// The ticker as it is written; where a row has none its ISIN, else another number or the name.
    pub symbol: String,
    /// 12 letters and digits, in capitals.
    pub isin: Option<String>,
    pub name: Option<String>,
    pub kind: Option<SecurityKind>,
    /// The currency that its price is in, if the file says so.
    pub currency: Option<String>,
}
