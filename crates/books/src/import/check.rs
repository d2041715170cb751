//! Whether the books can hold what a ledger holds.

use ledger::{Diagnostic, Diagnostics, Entry, PortfolioView};

use crate::{currency, text};

/// Currencies in the books are those of ISO 4217; a ledger may count in anything.
pub(super) fn check_storable(view: &PortfolioView) -> Result<(), Diagnostics> {
    let mut faults = Vec::new();
    for entry in &view.entries {
        if !currency::is_known(&entry.currency) {
            faults.push(fault(entry, not_a_currency(&entry.currency)));
        }
        if !entry.narration.as_deref().is_none_or(text::is_storable) {
            faults.push(fault(entry, NUL.to_owned()));
        }
    }
    for lot in &view.lots {
        let opening = &view.entries[lot.opened_by];
        if !currency::is_known(&lot.cost_currency) {
            faults.push(fault(opening, not_a_currency(&lot.cost_currency)));
        }
        if !lot.label.as_deref().is_none_or(text::is_storable) {
            faults.push(fault(opening, NUL.to_owned()));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Diagnostics::new(faults))
    }
}

const NUL: &str = "a text holds the character NUL, which cannot be stored; remove it";

fn not_a_currency(code: &str) -> String {
    format!(
        "{code} is no currency of ISO 4217, so a portfolio cannot hold cash or costs in it; leave out \
         the accounts that do, or remove option \"operating_currency\" \"{code}\""
    )
}

fn fault(entry: &Entry, message: String) -> Diagnostic {
    Diagnostic {
        file: entry.file.clone(),
        line: entry.line,
        message,
    }
}
