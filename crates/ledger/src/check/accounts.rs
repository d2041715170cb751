//! Accounts are opened once before they are used, and closed once after.

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::names::{AccountId, CurrencyId, Names};
use crate::syntax::Located;
use crate::syntax::draft::{Body, Draft, DraftTransaction, Origin};

/// What is known of an account at one point of the ledger.
#[derive(Debug, Default, Clone)]
pub(crate) struct Account {
    /// The day of its `open`, anywhere in the ledger.
    pub opened_on: Option<NaiveDate>,
    currencies: Vec<CurrencyId>,
    is_open: bool,
    closed_on: Option<NaiveDate>,
    opened_at: Option<Origin>,
    reported: bool,
}

/// Follows the directives in their order.
pub(crate) struct Accounts<'a> {
    names: &'a Names,
    /// By account.
    pub known: Vec<Account>,
    /// Accounts named by directives that could not be read: whether they are open is not known.
    doubtful: HashSet<AccountId>,
    pub faults: Vec<Located>,
}

impl<'a> Accounts<'a> {
    pub(crate) fn new(names: &'a Names, drafts: &[Draft], doubtful: HashSet<AccountId>) -> Self {
        let mut known = vec![Account::default(); names.account_count()];
        for draft in drafts {
            if let Body::Open {
                account,
                currencies,
                ..
            } = &draft.body
            {
                let account = &mut known[account.index()];
                if account.opened_on.is_none() {
                    account.opened_on = Some(draft.date);
                    account.currencies.clone_from(currencies);
                }
            }
        }
        Self {
            names,
            known,
            doubtful,
            faults: Vec::new(),
        }
    }

    /// Checks one directive.
    pub(crate) fn follow(&mut self, draft: &Draft) {
        let (date, origin) = (draft.date, draft.origin);
        match &draft.body {
            Body::Open { account, .. } => self.open(*account, origin),
            Body::Close { account } => self.close(*account, date, origin),
            Body::Transaction(transaction) => self.transaction(transaction, date, origin.file),
            Body::Balance(assertion) => {
                self.use_even_closed(assertion.account, date, origin);
                self.check_currency(assertion.account, assertion.currency, origin);
            }
            Body::Pad { account, source } => {
                self.use_open(*account, date, origin);
                self.use_open(*source, date, origin);
            }
            Body::Remark { account } => self.use_even_closed(*account, date, origin),
            Body::Commodity { .. } | Body::Price { .. } | Body::Other => {}
        }
    }

    fn transaction(&mut self, transaction: &DraftTransaction, date: NaiveDate, file: u32) {
        for posting in &transaction.postings {
            let origin = Origin {
                file,
                line: posting.line,
            };
            self.use_open(posting.account, date, origin);
            if let Some(currency) = posting.currency {
                self.check_currency(posting.account, currency, origin);
            }
        }
    }

    fn open(&mut self, id: AccountId, origin: Origin) {
        let account = &mut self.known[id.index()];
        if let Some(first) = account.opened_at {
            let name = self.names.account(id);
            let fault = format!(
                "{name} is opened already, on line {}: remove one of the two directives",
                first.line
            );
            self.faults.push((origin, fault));
            return;
        }
        account.opened_at = Some(origin);
        account.is_open = true;
    }

    fn close(&mut self, id: AccountId, date: NaiveDate, origin: Origin) {
        let name = self.names.account(id);
        let account = &mut self.known[id.index()];
        if let Some(closed_on) = account.closed_on {
            let fault = format!("{name} is closed already, on {closed_on}");
            self.faults.push((origin, fault));
        } else if !account.is_open && !self.doubtful.contains(&id) {
            let fault = format!(
                "{name} is closed but was never opened: {}",
                advice(name, date)
            );
            self.faults.push((origin, fault));
        }
        account.closed_on = Some(date);
        account.is_open = false;
    }

    fn use_open(&mut self, id: AccountId, date: NaiveDate, origin: Origin) {
        let name = self.names.account(id);
        let account = &self.known[id.index()];
        if account.is_open || self.doubtful.contains(&id) {
            return;
        }
        let fault = match (account.closed_on, account.opened_on) {
            (Some(closed_on), _) => {
                format!("{name} is used after it was closed on {closed_on}: correct the date")
            }
            (None, Some(opened_on)) => {
                format!("{name} is used before it is opened on {opened_on}: open it earlier")
            }
            (None, None) => format!("{name} is not opened: {}", advice(name, date)),
        };
        self.report_use(id, origin, fault);
    }

    fn use_even_closed(&mut self, id: AccountId, date: NaiveDate, origin: Origin) {
        if self.known[id.index()].closed_on.is_none() {
            self.use_open(id, date, origin);
        }
    }

    /// Every wrong use is a fault, but a missing `open` is said once for each account.
    fn report_use(&mut self, id: AccountId, origin: Origin, fault: String) {
        let account = &mut self.known[id.index()];
        if account.opened_on.is_none() {
            if account.reported {
                return;
            }
            account.reported = true;
        }
        self.faults.push((origin, fault));
    }

    fn check_currency(&mut self, id: AccountId, currency: CurrencyId, origin: Origin) {
        let account = &self.known[id.index()];
        if account.currencies.is_empty() || account.currencies.contains(&currency) {
            return;
        }
        let allowed: Vec<_> = account
            .currencies
            .iter()
            .map(|c| self.names.currency(*c))
            .collect();
        let fault = format!(
            "{} may not hold {}: it is opened for {} only",
            self.names.account(id),
            self.names.currency(currency),
            allowed.join(", "),
        );
        self.faults.push((origin, fault));
    }
}

fn advice(name: &str, date: NaiveDate) -> String {
    format!("add \"{date} open {name}\" or correct the name")
}
