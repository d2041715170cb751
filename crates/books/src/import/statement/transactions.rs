//! Transactions and securities of rows.

use std::collections::BTreeMap;

use db::ConnectionTrait;
use entity::{
    books::{portfolio, security},
    values::{Money, Price, Quantity, Rate, SecurityKind, TransactionKind},
};
use identity::Ctx;
use ledger::SecurityInfo;

use super::fault;
use crate::{
    Error,
    record::{NewTransaction, Terms, UnitRatio},
    securities,
    statements::{Row, RowFault, SecurityName},
};

/// Takes the securities that the rows name into `known`, made where they are missing; answers how many were.
pub(super) async fn register(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    rows: &[(&Row, &String)],
    known: &mut BTreeMap<String, security::Model>,
) -> Result<usize, Error> {
    let mut named: BTreeMap<String, (SecurityInfo, u64)> = BTreeMap::new();
    for (row, _) in rows {
        if let Some(security) = &row.security {
            let symbol = symbol_of(security);
            if !known.contains_key(&symbol) {
                let info = || (described(security, row, portfolio), row.line);
                named.entry(symbol).or_insert_with(info);
            }
        }
    }
    known.extend(securities::by_symbol(db, named.keys().map(String::as_str)).await?);
    named.retain(|symbol, _| !known.contains_key(symbol));
    let faults: Vec<RowFault> = named
        .values()
        .filter_map(|(info, line)| {
            let error = securities::check_registrable(info).err()?;
            Some(fault(*line, error.to_string()))
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::StatementRows(faults));
    }
    let infos: Vec<SecurityInfo> = named.into_values().map(|(info, _)| info).collect();
    known.extend(securities::register(ctx, db, &infos).await?);
    Ok(infos.len())
}

/// As symbols are written here: in capitals, a point for a space (`BRK B` is `BRK.B`), a hyphen for what else
/// a symbol cannot hold.
fn symbol_of(security: &SecurityName) -> String {
    let letter = |c: char| match c {
        ' ' => '.',
        '.' | '_' | '-' | '\'' | '/' => c,
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '-',
    };
    security.symbol.chars().map(letter).collect()
}

fn described(security: &SecurityName, row: &Row, portfolio: &portfolio::Model) -> SecurityInfo {
    let of_row = Some(&row.currency).filter(|code| !code.is_empty());
    let currency = security.currency.as_ref().or(of_row);
    SecurityInfo {
        symbol: symbol_of(security),
        name: Some(security.name.as_ref().unwrap_or(&security.symbol).clone()),
        currency: currency.unwrap_or(&portfolio.base_currency).clone(),
        kind: security.kind.map(|kind: SecurityKind| kind.to_string()),
        isin: security.isin.clone(),
        sector: None,
        country: None,
        figi: None,
        exchange: None,
    }
}

pub(super) fn transaction_of(
    row: &Row,
    external_id: &str,
    portfolio: &portfolio::Model,
    securities: &BTreeMap<String, security::Model>,
) -> NewTransaction {
    let named = row.security.as_ref();
    let security = named.and_then(|security| securities.get(&symbol_of(security)));
    let currency = if row.currency.is_empty() {
        security.map_or(&portfolio.base_currency, |security| &security.currency)
    } else {
        &row.currency
    };
    let ratio = row.ratio.map(|(new, old)| UnitRatio {
        new: Quantity::new(new),
        old: Quantity::new(old),
    });
    // A dividend counts when it is paid.
    let paid = row
        .pay_date
        .filter(|_| row.kind == TransactionKind::Dividend);
    let is_base = *currency == portfolio.base_currency;
    NewTransaction {
        kind: row.kind,
        security_id: security.map(|security| security.id),
        trade_date: paid.unwrap_or(row.trade_date),
        settle_date: row.settle_date,
        pay_date: row.pay_date,
        ex_date: row.ex_date,
        quantity: Quantity::new(row.quantity),
        price: row.price.map(Price::new),
        amount: row.amount.map(Money::new),
        currency: currency.clone(),
        fee: Money::new(row.fee),
        tax: Money::new(row.tax),
        fx_rate: row.fx_rate.filter(|_| !is_base).map(Rate::new),
        narration: row.narration.clone().filter(|text| !text.is_empty()),
        external_id: Some(external_id.to_owned()),
        terms: Terms {
            ratio,
            ..Terms::default()
        },
        corrects: None,
    }
}
