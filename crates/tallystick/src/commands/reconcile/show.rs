//! A reconciliation for a person.

use api::routes::reconciliations::{DifferenceOut, FirstDifferenceOut, ReconciliationOut};

use crate::table::{Column, or_dash, table};

/// Whether it passed, what differs, and where that began.
pub fn show(portfolio: &str, shown: &ReconciliationOut) -> String {
    let provenance = &shown.provenance;
    let pack = provenance.pricing_pack_id.as_deref().unwrap_or_default();
    let word = if shown.passed { "agree" } else { "differ" };
    let error = shown.error_bps.map_or_else(
        || "a value could not be measured".to_owned(),
        |error| format!("the largest error of a value is {error} bp"),
    );
    let mut parts = vec![format!(
        "{portfolio} and the ledger {word} on {}, at the prices of {pack}: {error}",
        shown.asof_date
    )];
    if !shown.differences.is_empty() {
        parts.push(differences(shown));
    }
    if let Some(first) = &shown.first_difference {
        parts.push(first_difference(first));
    }
    if let Some(left_out) = shown.left_out.as_array().filter(|names| !names.is_empty()) {
        let names: Vec<&str> = left_out.iter().filter_map(|name| name.as_str()).collect();
        parts.push(format!("Valued by neither side: {}", names.join(", ")));
    }
    parts.push(format!(
        "books revision {}, ledger {}",
        provenance.books_revision,
        provenance
            .ledger_commit_hash
            .as_deref()
            .unwrap_or(&shown.ledger_hash)
    ));
    parts.join("\n\n")
}

fn differences(shown: &ReconciliationOut) -> String {
    let columns = [
        Column::Words("differs"),
        Column::Words("security"),
        Column::Words("in"),
        Column::Numbers("books"),
        Column::Numbers("ledger"),
        Column::Numbers("bp"),
    ];
    let row = |one: &DifferenceOut| {
        vec![
            one.kind.replace('_', " "),
            or_dash(one.security.as_ref()),
            or_dash(one.currency.as_ref()),
            or_dash(one.ours.as_ref()),
            or_dash(one.ledger.as_ref()),
            or_dash(one.error_bps),
        ]
    };
    let listed = table(&columns, shown.differences.iter().map(row));
    let kept = i64::try_from(shown.differences.len()).unwrap_or(i64::MAX);
    match shown.difference_count - kept {
        0 => listed,
        more => format!("{listed}\nand {more} more"),
    }
}

fn first_difference(first: &FirstDifferenceOut) -> String {
    let about = [first.security.as_deref(), first.currency.as_deref()];
    let about: Vec<&str> = about.into_iter().flatten().collect();
    let mut lines = vec![format!(
        "First apart on {}, by {} of {}:",
        first.date,
        first.kind.replace('_', " "),
        about.join(" in ")
    )];
    lines.push(match &first.ours {
        None => "  the books have no transaction for it".to_owned(),
        Some(ours) => format!(
            "  books   {}: {} {}, {} {} {}",
            ours.id,
            ours.quantity,
            or_dash(ours.security.as_ref()),
            ours.amount,
            ours.currency,
            ours.narration.as_deref().unwrap_or_default()
        ),
    });
    lines.push(match &first.ledger {
        None => "  the ledger has no transaction for it".to_owned(),
        Some(ledger) => format!(
            "  ledger  {}:{}: {} {}, {} {} {}",
            ledger.file,
            ledger.line,
            ledger.quantity,
            or_dash(ledger.security.as_ref()),
            ledger.amount,
            ledger.currency,
            ledger.narration.as_deref().unwrap_or_default()
        ),
    });
    lines
        .iter()
        .map(|line| line.trim_end())
        .collect::<Vec<_>>()
        .join("\n")
}
