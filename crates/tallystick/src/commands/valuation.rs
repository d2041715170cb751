//! A valuation as tables.

use std::collections::BTreeSet;

use performance::{
    Provenance, Valuation,
    valuation::{CashPosition, Position},
};

use crate::table::{Column, amount, or_dash, percent, table};

/// Positions, cash, totals, what they leave out, and where the figures come from.
pub fn show(valuation: &Valuation, provenance: &Provenance) -> String {
    let heading = format!(
        "Positions on {}, in {} (to the hundredth; --json has every digit)",
        valuation.asof_date, valuation.base_currency
    );
    let warnings: String = valuation
        .warnings
        .iter()
        .flat_map(|one| ["warning: ", &one.detail, "\n"])
        .collect();
    let parts = [
        format!("{heading}\n\n{}", positions(&valuation.items)),
        cash(&valuation.cash),
        totals(valuation),
        format!("{warnings}{}{}", paths(valuation), source(provenance)),
    ];
    parts.join("\n\n")
}

fn positions(items: &[Position]) -> String {
    let columns = [
        Column::Words("security"),
        Column::Numbers("quantity"),
        Column::Numbers("price"),
        Column::Words("in"),
        Column::Numbers("market value"),
        Column::Numbers("cost basis"),
        Column::Numbers("gain"),
        Column::Numbers("gain/cost"),
        Column::Numbers("weight"),
    ];
    let row = |item: &Position| {
        vec![
            item.security.symbol.clone(),
            item.quantity.to_string(),
            or_dash(item.price),
            or_dash(item.price_currency.as_ref()),
            amount(item.market_value),
            amount(item.cost_basis),
            amount(item.unrealized_gain),
            percent(item.unrealized_gain_ratio),
            percent(item.weight),
        ]
    };
    table(&columns, items.iter().map(row))
}

fn cash(balances: &[CashPosition]) -> String {
    let columns = [
        Column::Words("cash"),
        Column::Numbers("amount"),
        Column::Numbers("value"),
    ];
    let row = |cash: &CashPosition| {
        vec![
            cash.currency.clone(),
            amount(Some(cash.amount)),
            amount(cash.value),
        ]
    };
    table(&columns, balances.iter().map(row))
}

fn totals(valuation: &Valuation) -> String {
    let totals = &valuation.totals;
    let columns = [Column::Words("total"), Column::Numbers("value")];
    let whole = totals.market_value.checked_add(totals.cash).ok();
    let rows = [
        ("securities", Some(totals.market_value)),
        ("their cost", Some(totals.cost_basis)),
        ("their gain", Some(totals.unrealized_gain)),
        ("cash", Some(totals.cash)),
        ("securities and cash", whole),
    ];
    table(
        &columns,
        rows.map(|(title, value)| vec![title.to_owned(), amount(value)]),
    )
}

/// A line for each conversion that goes through a third currency.
fn paths(valuation: &Valuation) -> String {
    let of_items = valuation.items.iter().map(|item| &item.fx_path);
    let of_cash = valuation.cash.iter().map(|cash| &cash.fx_path);
    let paths: BTreeSet<&[String; 3]> = of_items.chain(of_cash).flatten().collect();
    let line = |[from, through, to]: &[String; 3]| {
        [from, " is converted to ", to, " through ", through, "\n"].concat()
    };
    paths.into_iter().map(line).collect()
}

fn source(provenance: &Provenance) -> String {
    let pack = provenance
        .pricing_pack_id
        .as_deref()
        .unwrap_or("prices of the ledger");
    let hash = provenance
        .pack_hash
        .as_deref()
        .unwrap_or("not frozen, so without a hash");
    format!("{pack}: {hash}")
}
