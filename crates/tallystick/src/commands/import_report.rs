//! What an import wrote, or would write, as it is shown and written into the audit log.

use books::import::ImportReport;
use identity::audit::Entry;
use serde_json::{Value, json};

use crate::table::{Column, table};

pub(super) fn json(report: &ImportReport, dry_run: bool) -> Value {
    json!({
        "dry_run": dry_run,
        "import_id": report.import_id,
        "portfolio_id": report.portfolio_id,
        "portfolio_name": report.portfolio_name,
        "base_currency": report.base_currency,
        "transactions": report.transactions,
        "lots": report.lots,
        "closures": report.closures,
        "cash_flows": report.cash_flows,
        "securities": report.securities,
        "already_present": report.already_present,
        "books_revision": report.books_revision,
        "warnings": report.warnings,
    })
}

pub(super) fn show(report: &ImportReport, dry_run: bool) -> String {
    let mut lines = vec![if dry_run {
        format!("Dry run: nothing was written to {}.", report.portfolio_name)
    } else {
        format!(
            "Imported into {}, in {}.",
            report.portfolio_name, report.base_currency
        )
    }];
    let columns = [Column::Words("rows"), Column::Numbers("new")];
    let rows = [
        ("transactions", report.transactions),
        ("lots", report.lots),
        ("closures of lots", report.closures),
        ("cash flows", report.cash_flows),
        ("securities", report.securities),
    ];
    lines.push(table(
        &columns,
        rows.map(|(title, count)| vec![title.into(), count.to_string()]),
    ));
    if report.already_present > 0 {
        lines.push(format!(
            "{} transactions were there already.",
            report.already_present
        ));
    }
    lines.extend(
        report
            .warnings
            .iter()
            .map(|warning| format!("warning: {warning}")),
    );
    lines.join("\n")
}

pub(super) fn entry(report: &ImportReport, file_hash: &str) -> Entry {
    let entry = Entry::done("import.create", "import")
        .with("portfolio_id", report.portfolio_id.map(|id| id.to_string()))
        .with("file_hash", file_hash);
    match report.import_id {
        Some(id) => entry.of(id),
        None => entry,
    }
}
