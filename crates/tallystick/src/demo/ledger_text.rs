//! The demo's ledger, as Beancount text.

use std::fmt::Write;

use super::{
    market::{FIRST_DAY, LISTINGS, Market, find},
    plans::PLANS,
    trading::{hundredths, trade},
};

const HEADER: &str = "\
;; A made-up ledger for trying Tallystick out: the securities exist, every figure in it is invented.
;; Made by `tallystick demo --print-ledger`, always the same.

option \"title\" \"Tallystick demo\"
option \"operating_currency\" \"USD\"
option \"operating_currency\" \"CAD\"
option \"operating_currency\" \"EUR\"
";

const CURRENCIES: [(&str, &str); 3] = [
    ("CAD", "Canadian dollar"),
    ("EUR", "Euro"),
    ("USD", "United States dollar"),
];

/// The whole ledger: the same text on every machine and in every version that says edition 1.
pub fn ledger_text() -> String {
    let market = Market::generate();
    let mut text = String::from(HEADER);
    // Writing into a string cannot fail.
    let _ = write_commodities(&mut text)
        .and_then(|()| write_accounts(&mut text))
        .and_then(|()| write_trades(&mut text, &market))
        .and_then(|()| write_prices(&mut text, &market));
    text
}

fn write_commodities(text: &mut String) -> std::fmt::Result {
    for (currency, name) in CURRENCIES {
        write!(
            text,
            "\n{FIRST_DAY} commodity {currency}\n  name: \"{name}\"\n"
        )?;
    }
    for listing in &LISTINGS {
        write!(
            text,
            "\n{FIRST_DAY} commodity {}\n  name: \"{}\"\n  kind: \"equity\"\n  sector: \"{}\"\n  \
             country: \"{}\"\n  isin: \"{}\"\n",
            listing.symbol, listing.name, listing.sector, listing.country, listing.isin
        )?;
    }
    Ok(())
}

fn write_accounts(text: &mut String) -> std::fmt::Result {
    for plan in &PLANS {
        let account = plan.account;
        writeln!(text, "\n;; {}, in {}", plan.portfolio, plan.base)?;
        writeln!(text, "{FIRST_DAY} open Assets:{account}:Cash")?;
        writeln!(
            text,
            "{FIRST_DAY} open Assets:{account}:Securities  \"FIFO\""
        )?;
        writeln!(text, "{FIRST_DAY} open Equity:{account}:Owner")?;
        let payers = plan.symbols.iter().filter_map(|symbol| find(symbol));
        for payer in payers.filter(|listing| listing.dividend_yield > 0) {
            writeln!(
                text,
                "{FIRST_DAY} open Income:{account}:Dividends:{}",
                payer.symbol
            )?;
        }
        for part in ["Interest", "Gains"] {
            writeln!(text, "{FIRST_DAY} open Income:{account}:{part}")?;
        }
        for part in ["Commissions", "Fees:Custody", "Taxes:Withholding"] {
            writeln!(text, "{FIRST_DAY} open Expenses:{account}:{part}")?;
        }
    }
    Ok(())
}

fn write_trades(text: &mut String, market: &Market) -> std::fmt::Result {
    let mut entries: Vec<_> = PLANS.iter().flat_map(|plan| trade(plan, market)).collect();
    entries.sort_by_key(|(date, _)| *date);
    for (_, entry) in entries {
        write!(text, "\n{entry}")?;
    }
    Ok(())
}

fn write_prices(text: &mut String, market: &Market) -> std::fmt::Result {
    for (day, date) in market.days.iter().enumerate() {
        text.push('\n');
        for listing in &LISTINGS {
            let close = hundredths(market.close(listing.symbol, day));
            writeln!(
                text,
                "{date} price {}  {close} {}",
                listing.symbol, listing.currency
            )?;
        }
        for (base, quote, rate) in market.rates(day) {
            let (whole, fraction) = (rate / 10_000, rate % 10_000);
            writeln!(text, "{date} price {base}  {whole}.{fraction:04} {quote}")?;
        }
    }
    Ok(())
}
