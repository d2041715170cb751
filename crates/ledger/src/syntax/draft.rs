//! Directives as they are written: amounts may be missing, lots are not matched yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::names::{AccountId, CurrencyId};
use crate::options::Booking;

/// Where a directive or posting is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    /// Index of the file in the order of reading.
    pub file: u32,
    /// The first is 1.
    pub line: u32,
}

#[derive(Debug)]
pub(crate) struct Draft {
    pub date: NaiveDate,
    pub origin: Origin,
    pub body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Open {
        account: AccountId,
        currencies: Vec<CurrencyId>,
        booking: Option<Booking>,
    },
    Close {
        account: AccountId,
    },
    Commodity {
        currency: CurrencyId,
        metadata: BTreeMap<String, String>,
    },
    Transaction(Box<DraftTransaction>),
    Balance(Assertion),
    Pad {
        account: AccountId,
        source: AccountId,
    },
    Price {
        currency: CurrencyId,
        number: Decimal,
        quote: CurrencyId,
    },
    /// A note or document: only its account matters.
    Remark {
        account: AccountId,
    },
    /// Events, queries and custom directives.
    Other,
}

/// A `balance` directive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assertion {
    pub account: AccountId,
    pub number: Decimal,
    pub currency: CurrencyId,
    pub tolerance: Option<Decimal>,
}

#[derive(Debug)]
pub(crate) struct DraftTransaction {
    pub flag: char,
    pub payee: Option<String>,
    pub narration: Option<String>,
    pub tags: Vec<String>,
    pub links: Vec<String>,
    pub postings: Vec<DraftPosting>,
}

#[derive(Debug, Clone)]
pub(crate) struct DraftPosting {
    pub line: u32,
    pub flag: Option<char>,
    pub account: AccountId,
    pub units: Option<Decimal>,
    pub currency: Option<CurrencyId>,
    pub cost: Option<DraftCost>,
    pub price: Option<DraftPrice>,
}

impl DraftPosting {
    /// An account alone: its amounts follow from the other postings.
    pub(crate) fn is_bare(&self) -> bool {
        self.units.is_none()
            && self.currency.is_none()
            && self.cost.is_none()
            && self.price.is_none()
    }
}

/// A number of a cost: absent, to be found from the other postings, or given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CostNumber {
    Absent,
    Missing,
    Given(Decimal),
}

#[derive(Debug, Clone)]
pub(crate) struct DraftCost {
    pub per_unit: CostNumber,
    pub total: CostNumber,
    pub currency: Option<CurrencyId>,
    pub date: Option<NaiveDate>,
    pub label: Option<Arc<str>>,
    pub merge: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct DraftPrice {
    pub number: Option<Decimal>,
    pub currency: Option<CurrencyId>,
    /// Written `@@`: the number is the price of all units.
    pub total: bool,
}

impl Draft {
    /// Replaces ids of a part's own table by those of the ledger's.
    pub(crate) fn renumber(&mut self, accounts: &[AccountId], currencies: &[CurrencyId]) {
        let account = |id: &mut AccountId| *id = accounts[id.index()];
        let currency = |id: &mut CurrencyId| *id = currencies[id.index()];
        match &mut self.body {
            Body::Open {
                account: opened,
                currencies: allowed,
                ..
            } => {
                account(opened);
                allowed.iter_mut().for_each(currency);
            }
            Body::Close { account: of } | Body::Remark { account: of } => account(of),
            Body::Commodity { currency: of, .. } => currency(of),
            Body::Transaction(transaction) => {
                for posting in &mut transaction.postings {
                    account(&mut posting.account);
                    posting.currency.iter_mut().for_each(currency);
                    posting
                        .cost
                        .iter_mut()
                        .flat_map(|c| &mut c.currency)
                        .for_each(currency);
                    posting
                        .price
                        .iter_mut()
                        .flat_map(|p| &mut p.currency)
                        .for_each(currency);
                }
            }
            Body::Balance(assertion) => {
                account(&mut assertion.account);
                currency(&mut assertion.currency);
            }
            Body::Pad {
                account: padded,
                source,
            } => {
                account(padded);
                account(source);
            }
            Body::Price {
                currency: of,
                quote,
                ..
            } => {
                currency(of);
                currency(quote);
            }
            Body::Other => {}
        }
    }
}
