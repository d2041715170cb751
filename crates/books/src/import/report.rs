//! What an import did, in numbers and warnings.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::values::ImportId;

use super::{ImportReport, Plan, rows};
use crate::rates;

pub(super) fn report(plan: &Plan<'_>, import_id: Option<ImportId>) -> ImportReport {
    let compared = &plan.compared;
    let transactions = compared.new_transactions();
    let new_closures = |taken: &&super::pieces::Taken| compared.is_new(taken.closed_by);
    ImportReport {
        import_id,
        portfolio_id: plan.portfolio.as_ref().map(|portfolio| portfolio.id),
        portfolio_name: plan.name.to_owned(),
        base_currency: plan.base_currency.clone(),
        transactions,
        lots: compared.lots.iter().filter(|slot| slot.is_new).count(),
        closures: plan
            .pieces
            .iter()
            .flat_map(|piece| &piece.taken)
            .filter(new_closures)
            .count(),
        cash_flows: plan
            .new_entries()
            .filter(|(_, entry)| rows::is_cash_flow(entry))
            .count(),
        securities: plan.new_securities,
        already_present: plan.view.entries.len() - transactions,
        books_revision: plan.revision(),
        warnings: warnings(plan),
    }
}

/// The counts as they are kept with the import.
pub(super) fn counts(report: &ImportReport) -> serde_json::Value {
    serde_json::json!({
        "transactions": report.transactions,
        "lots": report.lots,
        "closures": report.closures,
        "cash_flows": report.cash_flows,
        "securities": report.securities,
        "already_present": report.already_present,
    })
}

/// The ledger's own warnings, and the exchange rates that it lacks.
fn warnings(plan: &Plan<'_>) -> Vec<String> {
    let base = plan.base_currency.as_str();
    let mut missing: BTreeMap<&str, (usize, NaiveDate)> = BTreeMap::new();
    let lots = plan
        .new_pieces()
        .map(|(piece, _)| (&piece.lot.cost_currency, piece.lot.acquired_on));
    let cash = plan
        .new_entries()
        .map(|(_, entry)| (&entry.currency, entry.trade_date));
    for (currency, date) in lots.chain(cash) {
        if rates::on(plan.ledger, currency, base, date).is_none() {
            let (count, first) = missing.entry(currency).or_insert((0, date));
            (*count, *first) = (*count + 1, date.min(*first));
        }
    }
    let own = plan.view.warnings.iter().map(ToString::to_string);
    let of_rates = missing.into_iter().map(|(currency, (count, first))| {
        format!(
            "the ledger has no rate from {currency} to {base} for {count} amounts, the first on \
             {first}: their value in {base} is unknown; rates are taken once, so give the ledger \
             `price {currency}` directives in {base} and import it into a new portfolio"
        )
    });
    own.chain(of_rates).collect()
}
