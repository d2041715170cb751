//! Names for entries that stay the same while the file grows.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::ledger::Ledger;
use crate::transaction::Transaction;

/// How often each transaction was seen, by its content.
#[derive(Default)]
pub(super) struct Identities {
    seen: HashMap<[u8; 32], u32>,
    text: String,
}

/// The content of a transaction and its number among those with the same content.
pub(super) struct TransactionIdentity {
    content: [u8; 32],
    occurrence: u32,
}

impl Identities {
    pub(super) fn of(&mut self, ledger: &Ledger, transaction: &Transaction) -> TransactionIdentity {
        self.text.clear();
        write_content(&mut self.text, ledger, transaction);
        let content: [u8; 32] = Sha256::digest(self.text.as_bytes()).into();
        let seen = self.seen.entry(content).or_default();
        *seen += 1;
        TransactionIdentity {
            content,
            occurrence: *seen,
        }
    }
}

impl TransactionIdentity {
    /// 32 hexadecimal digits for one entry of the transaction.
    pub(super) fn entry(&self, ordinal: usize) -> String {
        let mut hash = Sha256::new();
        hash.update(self.content);
        hash.update(self.occurrence.to_be_bytes());
        hash.update((ordinal as u64).to_be_bytes());
        let mut digits = String::with_capacity(32);
        for byte in &hash.finalize()[..16] {
            // Writing to a String cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

/// A form that does not depend on lines, spaces or how a number is written.
fn write_content(text: &mut String, ledger: &Ledger, transaction: &Transaction) {
    let payee = transaction.payee.as_deref().unwrap_or_default();
    let narration = transaction.narration.as_deref().unwrap_or_default();
    let _ = write!(text, "{}\u{1f}{payee}\u{1f}{narration}", transaction.date);
    for posting in &transaction.postings {
        let _ = write!(
            text,
            "\u{1e}{}\u{1f}{} {}",
            ledger.account(posting.account),
            posting.units.normalize(),
            ledger.currency(posting.currency)
        );
        if let Some(cost) = &posting.cost {
            let (number, currency) = (cost.number.normalize(), ledger.currency(cost.currency));
            let label = cost.label.as_deref().unwrap_or_default();
            let _ = write!(text, "\u{1f}{{{number} {currency} {} {label}}}", cost.date);
        }
        if let Some(price) = posting.price {
            let currency = ledger.currency(price.currency);
            let _ = write!(text, "\u{1f}@{} {currency}", price.number.normalize());
        }
    }
}
