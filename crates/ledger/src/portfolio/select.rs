//! Which accounts belong to a portfolio.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ledger::Ledger;

/// How many near names an error suggests.
const SUGGESTIONS: usize = 3;

/// Whether each account lies under one of the prefixes.
///
/// # Errors
/// Every prefix under which no account is opened, with names that are near.
pub(super) fn select(ledger: &Ledger, prefixes: &[&str]) -> Result<Vec<bool>, Diagnostics> {
    let under = |name: &str, prefix: &str| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let missing: Vec<Diagnostic> = prefixes
        .iter()
        .filter(|prefix| !ledger.opened_accounts().any(|name| under(name, prefix)))
        .map(|prefix| Diagnostic {
            file: ledger.file(0).to_owned(),
            line: 1,
            message: not_found(ledger, prefix),
        })
        .collect();
    if !missing.is_empty() {
        return Err(Diagnostics::new(missing));
    }
    let accounts = ledger.names.accounts();
    Ok(accounts
        .map(|(_, name)| prefixes.iter().any(|prefix| under(name, prefix)))
        .collect())
}

fn not_found(ledger: &Ledger, prefix: &str) -> String {
    let mut near: Vec<(usize, &str)> = Vec::new();
    for account in ledger.opened_accounts() {
        let parents = account.match_indices(':').map(|(end, _)| &account[..end]);
        for name in parents.chain([account]) {
            if !near.iter().any(|(_, known)| *known == name) {
                near.push((distance(prefix, name), name));
            }
        }
    }
    near.sort_unstable();
    let names: Vec<&str> = near
        .iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| *name)
        .collect();
    let hint = if names.is_empty() {
        "the ledger opens no account".to_owned()
    } else {
        format!("near are {}", names.join(", "))
    };
    format!("no account is opened under \"{prefix}\": {hint}")
}

/// How many letters must be changed, added or removed; upper and lower case are the same.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (count, letter) in a.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = row[0];
        row[0] = count + 1;
        for (place, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_changes() {
        assert_eq!(distance("Assets:Etrade", "Assets:ETrade"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
