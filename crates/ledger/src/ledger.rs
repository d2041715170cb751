use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::book::tolerance::ToleranceRules;
use crate::diagnostic::Diagnostic;
use crate::names::{AccountId, CurrencyId, Names};
use crate::prices::{PriceDirective, PriceIndex};
use crate::transaction::Transaction;

/// A ledger that was read, booked and found free of faults.
#[derive(Debug)]
pub struct Ledger {
    /// `option "title"`.
    pub title: Option<String>,
    /// `option "operating_currency"`, in the order given.
    pub operating_currencies: Vec<String>,
    /// Declared by `commodity` directives, by symbol.
    pub commodities: BTreeMap<String, Commodity>,
    /// In the order of dates, within a day in the order of lines.
    pub prices: Vec<PriceDirective>,
    /// In the order of dates, within a day in the order of lines.
    pub transactions: Vec<Transaction>,
    /// What was read but has no effect here: plugins.
    pub warnings: Vec<Diagnostic>,
    pub(crate) files: Vec<String>,
    pub(crate) names: Names,
    /// By account, for those that are opened.
    pub(crate) opened_on: Vec<Option<NaiveDate>>,
    pub(crate) price_index: PriceIndex,
    pub(crate) rules: ToleranceRules,
    /// What income and expense accounts begin with.
    pub(crate) income_root: String,
    pub(crate) expenses_root: String,
}

/// A `commodity` directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commodity {
    /// Its metadata `name`.
    pub name: Option<String>,
    /// All its metadata, values as text without quotes.
    pub metadata: BTreeMap<String, String>,
    /// The directive's date.
    pub declared_on: NaiveDate,
}

impl Ledger {
    /// An account's name.
    pub fn account(&self, id: AccountId) -> &str {
        self.names.account(id)
    }

    /// A currency's or commodity's symbol.
    pub fn currency(&self, id: CurrencyId) -> &str {
        self.names.currency(id)
    }

    /// A file as it was named: a path, or the name that [`crate::parse`] was given.
    pub fn file(&self, index: u32) -> &str {
        self.files.get(index as usize).map_or("", String::as_str)
    }

    /// The names of all accounts that are opened, in the order of first mention.
    pub fn opened_accounts(&self) -> impl Iterator<Item = &str> {
        let opened = self.names.accounts().zip(&self.opened_on);
        opened
            .filter(|(_, opened)| opened.is_some())
            .map(|((_, name), _)| name)
    }

    /// The newest price of `commodity` in `currency` on or before `date`, with its day; of several
    /// on one day the last written. A pair that is priced the other way round answers with the
    /// inverse, rounded to 28 digits, so use that for exchange rates only.
    pub fn price_on(
        &self,
        commodity: &str,
        currency: &str,
        date: NaiveDate,
    ) -> Option<(NaiveDate, Decimal)> {
        self.price_index.on(commodity, currency, date)
    }
}
