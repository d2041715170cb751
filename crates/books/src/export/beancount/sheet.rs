//! The text of a ledger as it grows: accounts are opened and commodities described before their first use.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use chrono::NaiveDate;
use entity::{
    books::{portfolio, security, transaction},
    values::{Rate, SecurityId},
};

use super::{
    entry::{Entry, TOLERANCE, quoted},
    names::Names,
};
use crate::{Error, export::WRITER};

pub(super) struct Sheet {
    pub names: Names,
    text: String,
    opened: BTreeSet<String>,
    described: BTreeSet<SecurityId>,
    /// The last rate that was written of a currency and a day.
    rates: BTreeMap<(String, NaiveDate), Rate>,
    base: String,
}

impl Sheet {
    pub(super) fn new(names: Names, portfolio: &portfolio::Model) -> Self {
        Self {
            names,
            text: String::new(),
            opened: BTreeSet::new(),
            described: BTreeSet::new(),
            rates: BTreeMap::new(),
            base: portfolio.base_currency.clone(),
        }
    }

    /// What was written since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    pub(super) fn head(
        &mut self,
        portfolio: &portfolio::Model,
        (revision, asof): (i64, NaiveDate),
        currencies: &[String],
    ) {
        let asof = if asof.format("%Y").to_string().len() > 4 {
            "all".to_owned()
        } else {
            format!("until {asof}")
        };
        let root = self.names.root().to_owned();
        let title = quoted(&portfolio.name);
        let (base, id) = (&portfolio.base_currency, portfolio.id);
        let method = portfolio.lot_method;
        let lines = [
            format!("; Written by {WRITER}."),
            format!("; portfolio: {title}, {id}"),
            format!("; books_revision: {revision}, transactions: {asof}, lot_method: {method}"),
            format!(
                "; tallystick ledger import FILE --accounts {root} --currency {base} --portfolio …"
            ),
            String::new(),
            format!("option \"title\" {title}"),
            format!("option \"operating_currency\" \"{base}\""),
        ];
        for line in lines {
            self.line(&line);
        }
        let mut known: BTreeSet<&str> = currencies.iter().map(String::as_str).collect();
        known.insert(base);
        for currency in known {
            self.line(&format!(
                "option \"inferred_tolerance_default\" \"{currency}:{TOLERANCE}\""
            ));
        }
    }

    pub(super) fn open(&mut self, account: &str, date: NaiveDate) {
        if self.opened.insert(account.to_owned()) {
            let strict = if account.starts_with("Assets:") && !account.ends_with(":Cash") {
                " \"STRICT\""
            } else {
                ""
            };
            // A booking method stands after currencies.
            self.line(&format!("{date} open {account}{strict}"));
        }
    }

    pub(super) fn describe(&mut self, security: &security::Model, date: NaiveDate) {
        if !self.described.insert(security.id) {
            return;
        }
        let name = self.names.commodity(security.id).to_owned();
        self.line(&format!("{date} commodity {name}"));
        let symbol = (name != security.symbol).then_some(&security.symbol);
        let given = [
            ("symbol", symbol),
            ("name", Some(&security.name)),
            ("kind", Some(&security.kind.to_string())),
            ("isin", security.isin.as_ref()),
            ("figi", security.figi.as_ref()),
            ("exchange", security.exchange.as_ref()),
            ("sector", security.sector.as_ref()),
            ("country", security.country.as_ref()),
        ];
        for (key, value) in given {
            if let Some(value) = value {
                self.line(&format!("  {key}: {}", quoted(value)));
            }
        }
    }

    /// The exchange rate of a transaction as a price on its day.
    pub(super) fn rate(&mut self, row: &transaction::Model) {
        if let Some(rate) = row.fx_rate {
            self.rate_on(&row.currency, row.trade_date, rate);
        }
    }

    /// A rate as a price. On one day the last one counts.
    pub(super) fn rate_on(&mut self, currency: &str, date: NaiveDate, rate: Rate) {
        let of_day = (currency.to_owned(), date);
        if currency != self.base && self.rates.insert(of_day, rate) != Some(rate) {
            let line = format!("{date} price {currency} {rate} {}", self.base);
            self.line(&line);
        }
    }

    pub(super) fn has_rate(&self, currency: &str, date: NaiveDate) -> bool {
        self.rates.contains_key(&(currency.to_owned(), date))
    }

    pub(super) fn push(&mut self, mut entry: Entry) -> Result<(), Error> {
        if entry.postings.is_empty() {
            return Ok(());
        }
        entry.balance()?;
        for posting in &entry.postings {
            self.open(&posting.account, entry.date);
        }
        entry.write(&mut self.text);
        Ok(())
    }

    fn line(&mut self, line: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}
