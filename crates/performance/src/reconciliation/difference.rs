//! What differs between books and ledger, as it is kept and shown.

use chrono::NaiveDate;
use entity::values::{Ratio, TransactionId};
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// In what books and ledger differ.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum DifferenceKind {
            $($(#[$doc])* #[serde(rename = $word)] $name),+
        }

        impl DifferenceKind {
            /// Every word, in the order in which differences are told.
            pub const WORDS: &[&str] = &[$($word),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

kinds! {
    /// The books hold a security that the ledger does not.
    OnlyInBooks = "only_in_books",
    /// The ledger holds a security that the books do not.
    OnlyInLedger = "only_in_ledger",
    /// Units of a security, by any digit.
    Quantity = "quantity",
    /// What a unit of a security cost on average, by more than 0.01 of the currency.
    UnitCost = "unit_cost",
    /// Cash of a currency, by more than 0.01.
    Cash = "cash",
    /// The pack cannot value what the ledger's own prices can: a price or a rate is missing.
    NoPriceInPack = "no_price_in_pack",
    /// The ledger's prices cannot value what the pack's can.
    NoPriceInLedger = "no_price_in_ledger",
    /// The value of a security by more than 1 bp, or the rate of a currency that is held as cash.
    Value = "value",
    /// The value of the whole, by more than 1 bp.
    TotalValue = "total_value",
    /// Something is held, and neither side can value any of it.
    NothingValued = "nothing_valued",
}

/// One difference. Figures are decimals as text: `ours` those of the books, `ledger` the ledger's. Those of
/// a value without a security are rates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// The security's symbol, where it is about one.
    pub security: Option<String>,
    /// Of the cost or the cash; the base currency of a value.
    pub currency: Option<String>,
    pub ours: Option<String>,
    pub ledger: Option<String>,
    /// Of a value, where it could be measured.
    pub error_bps: Option<Ratio>,
}

/// The first day on which what had moved until then differs, and the transactions that made it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstDifference {
    pub date: NaiveDate,
    /// `quantity`, `cash` or `unit_cost`.
    pub kind: DifferenceKind,
    pub security: Option<String>,
    pub currency: Option<String>,
    /// The books' transaction; `None` where they have none for it.
    pub ours: Option<BooksTransaction>,
    /// The ledger's; `None` where it has none for it.
    pub ledger: Option<LedgerTransaction>,
}

/// What a transaction moved: decimals as text, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub security: Option<String>,
    pub quantity: String,
    /// Of cash.
    pub amount: String,
    pub currency: String,
    pub narration: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BooksTransaction {
    pub id: TransactionId,
    /// The commit of the ledger from which it was imported, where that is known.
    pub ledger_commit_hash: Option<String>,
    #[serde(flatten)]
    pub moved: Moved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerTransaction {
    pub file: String,
    /// The first is 1.
    pub line: u32,
    #[serde(flatten)]
    pub moved: Moved,
}
