use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::diagnostic::Diagnostic;

/// What lies under some accounts, as rows for a book: an entry for each thing that happened, in the
/// order of booking.
///
/// For each transaction and currency the amounts of the entries sum to what its postings change of
/// the accounts' cash; for each symbol the quantities sum to what they change of its units.
#[derive(Debug, Default)]
pub struct PortfolioView {
    /// Every security that an entry names, by symbol.
    pub securities: Vec<SecurityInfo>,
    /// In the order of booking.
    pub entries: Vec<Entry>,
    /// In the order of opening.
    pub lots: Vec<Lot>,
    /// In the order of closing.
    pub closures: Vec<Closure>,
    /// What the ledger warned of.
    pub warnings: Vec<Diagnostic>,
    /// In the order of opening: how each lot came to its units.
    pub openings: Vec<Opening>,
}

/// What the ledger says of a security.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityInfo {
    /// Its commodity name.
    pub symbol: String,
    /// Metadata `name`.
    pub name: Option<String>,
    /// The cost currency of its newest lot, else of its newest price, else the first operating
    /// currency, else USD.
    pub currency: String,
    /// Metadata `kind`, `asset-class` or the like, in lower case.
    pub kind: Option<String>,
    /// Metadata `sector`.
    pub sector: Option<String>,
    /// Metadata `country`.
    pub country: Option<String>,
    /// Metadata `isin`.
    pub isin: Option<String>,
    /// Metadata `figi`.
    pub figi: Option<String>,
    /// Metadata `exchange`.
    pub exchange: Option<String>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// Units come in: a lot is opened, or a short one is closed.
    Buy,
    /// Units go out: lots are closed, or a short one is opened.
    Sell,
    /// Income from a holding.
    Dividend,
    /// Income from cash or loans.
    Interest,
    /// A charge that is no trade's.
    Fee,
    /// Tax withheld from income.
    Tax,
    /// Money from outside.
    Deposit,
    /// Money to the outside.
    Withdrawal,
    /// A security without cost, or one side of a currency exchange, that comes in.
    TransferIn,
    /// The same, going out.
    TransferOut,
}

/// One thing that happened to the portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// 32 hexadecimal digits: the same for the same transaction in a later state of the file.
    pub external_id: String,
    /// What it is.
    pub kind: EntryKind,
    /// The transaction's date.
    pub trade_date: NaiveDate,
    /// The security, if it is about one.
    pub symbol: Option<String>,
    /// Units that come in, negative for out; 0 where only cash moves.
    pub quantity: Decimal,
    /// Price or cost of one unit.
    pub price: Option<Decimal>,
    /// In this currency.
    pub price_currency: Option<String>,
    /// What it adds to the portfolio's cash, negative for taking away.
    pub amount: Decimal,
    /// The amount's currency.
    pub currency: String,
    /// The part of the amount that was charged, never negative.
    pub fee: Decimal,
    /// Whether money crosses the portfolio's border.
    pub is_external: bool,
    /// The transaction's payee and narration.
    pub narration: Option<String>,
    /// The transaction's file.
    pub file: String,
    /// The transaction's line, the first is 1.
    pub line: u32,
}

/// Units of one security that were acquired together.
#[derive(Debug, Clone, PartialEq)]
pub struct Lot {
    /// The security.
    pub symbol: String,
    /// Index of the entry that opened it.
    pub opened_by: usize,
    /// The date of its cost.
    pub acquired_on: NaiveDate,
    /// Units, negative for a short lot.
    pub quantity_original: Decimal,
    /// Units that are left.
    pub quantity_open: Decimal,
    /// Per unit.
    pub unit_cost: Decimal,
    /// Of the original units, negative for a short lot.
    pub cost_basis: Decimal,
    /// The currency of the cost.
    pub cost_currency: String,
    /// The name it was given.
    pub label: Option<String>,
    /// When the last unit left.
    pub closed_on: Option<NaiveDate>,
}

/// Units that left a lot.
#[derive(Debug, Clone, PartialEq)]
pub struct Closure {
    /// Index of the lot.
    pub lot: usize,
    /// Index of the entry that took them.
    pub closed_by: usize,
    /// Units, with the lot's sign.
    pub quantity: Decimal,
    /// What they had cost, with the lot's sign.
    pub cost_basis: Decimal,
    /// Their part of the entry's amount: the gain is the proceeds less the cost basis.
    pub proceeds: Decimal,
    /// When.
    pub closed_on: NaiveDate,
}

/// Units that came into a lot; more than one if the same lot was bought twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Index of the lot.
    pub lot: usize,
    /// Index of the entry that brought them.
    pub opened_by: usize,
    /// Units, with the lot's sign.
    pub quantity: Decimal,
    /// When.
    pub opened_on: NaiveDate,
}
