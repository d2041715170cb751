//! What no ledger may do. The fuzzer feeds it, and the tests with what the fuzzer kept.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use crate::{Diagnostics, Ledger, Ways, parse_by};

/// A ledger: refused with its faults, or booked, and then seen as a portfolio; by the short way as by the
/// grammar.
pub fn beancount(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let read = |shortcut| parse_by("fuzz", text, Ways { parts: 1, shortcut });
    let (short, long) = (read(true), read(false));
    if stopped(&short) || stopped(&long) {
        return;
    }
    assert_eq!(
        outline(&short),
        outline(&long),
        "the short way reads otherwise"
    );
    let last_line = 1 + text.matches('\n').count();
    match short {
        Ok(ledger) => view(&ledger),
        Err(faults) => {
            assert!(!faults.is_empty());
            let lines = faults.iter().map(|fault| fault.line as usize);
            assert!(
                lines
                    .into_iter()
                    .all(|line| (1..=last_line).contains(&line))
            );
        }
    }
}

/// Whether the grammar crate gave up, which is a fault to whoever wrote the ledger and no more.
fn stopped(outcome: &Result<Ledger, Diagnostics>) -> bool {
    outcome
        .as_ref()
        .is_err_and(|faults| faults.to_string().contains("it stops the grammar"))
}

/// Without the numbers of accounts and currencies, which depend on the way.
fn outline(outcome: &Result<Ledger, Diagnostics>) -> String {
    let ledger = match outcome {
        Ok(ledger) => ledger,
        Err(faults) => return faults.to_string(),
    };
    let posting = |posting: &crate::Posting| {
        let cost = posting.cost.as_ref();
        let cost = cost.map(|c| {
            (
                c.number,
                ledger.currency(c.currency),
                c.date,
                c.label.clone(),
            )
        });
        let price = posting
            .price
            .map(|p| (p.number, ledger.currency(p.currency)));
        let units = (posting.units, ledger.currency(posting.currency));
        let place = (posting.line, posting.flag, posting.interpolated);
        format!(
            "{} {units:?} {cost:?} {price:?} {place:?}",
            ledger.account(posting.account)
        )
    };
    let transactions = ledger.transactions.iter().map(|one| {
        let postings: Vec<String> = one.postings.iter().map(posting).collect();
        let said = (&one.payee, &one.narration, &one.tags, &one.links);
        format!(
            "{} {} {} {said:?} {postings:#?}",
            one.date, one.flag, one.line
        )
    });
    let transactions: Vec<String> = transactions.collect();
    format!(
        "{transactions:#?} {:#?} {:#?}",
        ledger.prices, ledger.commodities
    )
}

fn view(ledger: &Ledger) {
    for prefixes in [&["Assets"][..], &["Assets:A", "Liabilities"]] {
        let Ok(view) = ledger.portfolio(prefixes, None) else {
            continue;
        };
        for lot in &view.lots {
            assert!(lot.opened_by < view.entries.len());
        }
        for closure in &view.closures {
            assert!(closure.lot < view.lots.len() && closure.closed_by < view.entries.len());
        }
        // None says that a sum is too large.
        let _ = view.holdings(None);
    }
}

#[test]
fn what_the_fuzzer_kept_is_booked_or_refused_by_line() {
    // Not by testkit, which stands on far more than a ledger needs.
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/beancount");
    let files = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.collect();
    assert!(!files.is_empty());
    for file in files {
        println!("{}", file.display());
        beancount(&std::fs::read(file).unwrap());
    }
}
