//! The securities that a ledger names.

use std::collections::BTreeMap;

use db::ConnectionTrait;
use entity::{
    books::security::{self, Column},
    values::SecurityKind,
};
use identity::Ctx;
use ledger::SecurityInfo;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict,
};

use super::{NewSecurity, check_symbol, new_row};
use crate::{Error, currency, text};

/// Few enough for the parameters of one statement.
const SYMBOLS_AT_ONCE: usize = 1000;

/// Inserts the securities that are missing and keeps the existing as they are; the answer has all,
/// by symbol.
pub async fn register(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    named: &[SecurityInfo],
) -> Result<BTreeMap<String, security::Model>, Error> {
    let mut known = by_symbol(db, named.iter().map(|security| security.symbol.as_str())).await?;
    let missing: Vec<&SecurityInfo> = named
        .iter()
        .filter(|security| !known.contains_key(&security.symbol))
        .collect();
    for security in &missing {
        check_registrable(security)?;
    }
    for batch in missing.chunks(SYMBOLS_AT_ONCE) {
        let rows = batch.iter().map(|security| {
            new_row(ctx, described(security))
                .into_active_model()
                .reset_all()
        });
        // Another owner may register the same symbol at this moment: the first row stays.
        security::Entity::insert_many(rows)
            .on_conflict(OnConflict::column(Column::Symbol).do_nothing().to_owned())
            .try_insert()
            .exec_without_returning(db)
            .await?;
    }
    known.extend(by_symbol(db, missing.iter().map(|security| security.symbol.as_str())).await?);
    Ok(known)
}

/// Those of the symbols that are registered.
pub(crate) async fn by_symbol(
    db: &impl ConnectionTrait,
    symbols: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, security::Model>, Error> {
    let symbols: Vec<&str> = symbols.collect();
    let mut known = BTreeMap::new();
    for batch in symbols.chunks(SYMBOLS_AT_ONCE) {
        let query = security::Entity::find().filter(Column::Symbol.is_in(batch.iter().copied()));
        known.extend(
            query
                .all(db)
                .await?
                .into_iter()
                .map(|row| (row.symbol.clone(), row)),
        );
    }
    Ok(known)
}

/// Whether [`register`] would take it.
pub(crate) fn check_registrable(security: &SecurityInfo) -> Result<(), Error> {
    check_symbol(&security.symbol)?;
    if currency::is_known(&security.currency) {
        return Ok(());
    }
    let detail = format!(
        "the ledger has prices and costs of {} in {}, which is no currency of ISO 4217; leave out the \
         accounts that hold it",
        security.symbol, security.currency
    );
    Err(Error::Invalid {
        field: "/currency",
        detail,
    })
}

fn described(security: &SecurityInfo) -> NewSecurity {
    let kept = |text: &Option<String>| text.clone().filter(|text| text::is_storable(text));
    NewSecurity {
        symbol: security.symbol.clone(),
        name: name_of(security),
        kind: kind_of(security),
        currency: security.currency.clone(),
        exchange: kept(&security.exchange),
        isin: kept(&security.isin),
        figi: kept(&security.figi),
        sector: kept(&security.sector),
        country: kept(&security.country),
    }
}

/// The name that the ledger gives it, else its symbol.
pub(crate) fn name_of(security: &SecurityInfo) -> String {
    let given = security
        .name
        .clone()
        .filter(|name| text::is_storable(name) && !name.is_empty());
    given.unwrap_or_else(|| security.symbol.clone())
}

/// What the ledger's metadata calls it, in one of our words or a common name for one. Nothing is
/// guessed: without metadata, or with an unknown word, it is `other`.
pub(crate) fn kind_of(security: &SecurityInfo) -> SecurityKind {
    let word = security
        .kind
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match word.replace(['-', '_'], " ").as_str() {
        "stock" | "stocks" | "share" | "shares" | "equities" | "common stock" => {
            SecurityKind::Equity
        }
        "etfs" | "exchange traded fund" => SecurityKind::Etf,
        "funds" | "mutual fund" | "mutualfund" | "index fund" => SecurityKind::Fund,
        "bonds" | "fixed income" | "treasury" => SecurityKind::Bond,
        "money market" | "currency" => SecurityKind::Cash,
        "cryptocurrency" | "cryptocurrencies" | "coin" => SecurityKind::Crypto,
        "options" => SecurityKind::Option,
        word => word.parse().unwrap_or(SecurityKind::Other),
    }
}
