//! Accounts as a portfolio: trades with their lots, income, charges, and money across the border.

mod drafts;
mod entries;
mod holdings;
mod identity;
mod legs;
mod lots;
mod rows;
mod securities;
mod select;

use chrono::NaiveDate;

pub use holdings::{CashBalance, CostBasis, Holding, Holdings};
pub use rows::{Closure, Entry, EntryKind, Lot, Opening, PortfolioView, SecurityInfo};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ledger::Ledger;

impl Ledger {
    /// What lies under `prefixes`: accounts of that name, or whose name begins with it and a colon.
    /// Transactions after `asof` are left out.
    ///
    /// # Errors
    /// If no account is opened under a prefix, or an amount is too large to be held.
    pub fn portfolio(
        &self,
        prefixes: &[&str],
        asof: Option<NaiveDate>,
    ) -> Result<PortfolioView, Diagnostics> {
        let inside = select::select(self, prefixes)?;
        let mut recorder = entries::Recorder::new(self, &inside);
        let until = |date: NaiveDate| asof.is_none_or(|asof| date <= asof);
        for transaction in self.transactions.iter().take_while(|t| until(t.date)) {
            if !transaction
                .postings
                .iter()
                .any(|posting| inside[posting.account.index()])
            {
                continue;
            }
            if recorder.record(transaction).is_none() {
                return Err(Diagnostics::new(vec![Diagnostic {
                    file: self.file(transaction.file).to_owned(),
                    line: transaction.line,
                    message: "an amount of this transaction is larger than can be held exactly"
                        .into(),
                }]));
            }
        }
        let mut view = recorder.finish();
        view.securities = securities::describe(self, &view);
        view.warnings.clone_from(&self.warnings);
        Ok(view)
    }
}
