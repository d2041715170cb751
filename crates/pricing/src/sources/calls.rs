//! What each kind of service is asked, by the address that its documentation gives.

use chrono::{Days, NaiveDate};
use entity::values::PriceAdjustment;
use url::Url;

use super::{
    Pair,
    answer::Question,
    reader::About,
    settings::{Holds, Kind, Source},
};

/// One request, without its key.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub url: Url,
    pub about: About,
    pub holds: Holds,
}

/// The grouped answer is of one day: so many days are asked for, the newest first, at most.
const MOST_GROUPED_DAYS: u64 = 7;

/// The requests for a question, and what the source cannot be asked.
pub(super) fn calls(source: &Source, question: &Question) -> Result<Vec<Call>, String> {
    match source.kind {
        Kind::Fmp => fmp(source, question),
        Kind::Polygon => polygon(source, question),
        Kind::Fred => fred(source, question),
        Kind::Ecb => ecb(source, question),
        Kind::EcbFile => Ok(vec![Call {
            url: address(source, "")?,
            about: About::Rows,
            holds: Holds::Rates,
        }]),
        Kind::HttpJson | Kind::HttpCsv => mapped(source, question),
        Kind::Ledger | Kind::Csv | Kind::Ndjson => Ok(Vec::new()),
    }
}

/// `stable/historical-price-eod/SERIES?symbol=AAPL&from=…&to=…`; currencies are symbols as in `EURUSD`.
fn fmp(source: &Source, question: &Question) -> Result<Vec<Call>, String> {
    let series = match source.adjustment {
        PriceAdjustment::Raw => "non-split-adjusted",
        PriceAdjustment::Split => "full",
        PriceAdjustment::TotalReturn => "dividend-adjusted",
    };
    let base = address(source, "https://financialmodelingprep.com")?;
    let call = |symbol: &str, series: &str, about, holds| {
        let mut url = below(&base, &["stable", "historical-price-eod", series])?;
        url.query_pairs_mut()
            .append_pair("symbol", symbol)
            .append_pair("from", &question.from.to_string())
            .append_pair("to", &question.asof.to_string());
        Ok(Call { url, about, holds })
    };
    let prices = question.prices.iter().map(|(symbol, _)| {
        let about = About::Symbol(symbol.clone());
        call(theirs(source, symbol), series, about, Holds::Prices)
    });
    let rates = question.pairs.iter().map(|pair| {
        let (name, pair) = pair_name(source, pair, "");
        call(&name, "full", About::Pair(pair), Holds::Rates)
    });
    prices.chain(rates).collect()
}

/// `v2/aggs/ticker/AAPL/range/1/day/FROM/TO`, or `v2/aggs/grouped/locale/us/market/stocks/DAY` for all
/// securities of a day; currencies are tickers as in `C:EURUSD`.
fn polygon(source: &Source, question: &Question) -> Result<Vec<Call>, String> {
    let is_adjusted = source.adjustment == PriceAdjustment::Split;
    let base = address(source, "https://api.polygon.io")?;
    let (from, to) = (question.from.to_string(), question.asof.to_string());
    let call = |path: &[&str], about, holds| {
        let mut url = below(&base, path)?;
        let adjusted = if is_adjusted { "true" } else { "false" };
        url.query_pairs_mut().append_pair("adjusted", adjusted);
        Ok(Call { url, about, holds })
    };
    let of_ticker = |ticker: &str, about, holds| {
        let path = [
            "v2", "aggs", "ticker", ticker, "range", "1", "day", &from, &to,
        ];
        call(&path, about, holds)
    };
    let grouped = |day: NaiveDate| {
        let day = day.to_string();
        let path = [
            "v2", "aggs", "grouped", "locale", "us", "market", "stocks", &day,
        ];
        call(&path, About::Rows, Holds::Prices)
    };
    let prices: Result<Vec<_>, String> = if source.grouped && !question.prices.is_empty() {
        grouped_days(question).map(grouped).collect()
    } else {
        let asked = question.prices.iter();
        asked
            .map(|(symbol, _)| {
                let about = About::Symbol(symbol.clone());
                of_ticker(theirs(source, symbol), about, Holds::Prices)
            })
            .collect()
    };
    let rates = question.pairs.iter().map(|pair| {
        let (name, pair) = pair_name(source, pair, "C:");
        of_ticker(&name, About::Pair(pair), Holds::Rates)
    });
    let mut calls = prices?;
    for call in rates {
        calls.push(call?);
    }
    Ok(calls)
}

fn grouped_days(question: &Question) -> impl Iterator<Item = NaiveDate> {
    let (from, asof) = (question.from, question.asof);
    (0..MOST_GROUPED_DAYS)
        .filter_map(move |back| asof.checked_sub_days(Days::new(back)))
        .take_while(move |day| *day >= from)
}

/// `fred/series/observations?series_id=DEXCAUS&file_type=json&observation_start=…&observation_end=…`
fn fred(source: &Source, question: &Question) -> Result<Vec<Call>, String> {
    let base = address(source, "https://api.stlouisfed.org")?;
    let call = |series: &str, about, holds| {
        let mut url = below(&base, &["fred", "series", "observations"])?;
        url.query_pairs_mut()
            .append_pair("series_id", series)
            .append_pair("file_type", "json")
            .append_pair("observation_start", &question.from.to_string())
            .append_pair("observation_end", &question.asof.to_string());
        Ok(Call { url, about, holds })
    };
    let prices = question.prices.iter().map(|(symbol, _)| {
        let about = About::Symbol(symbol.clone());
        call(theirs(source, symbol), about, Holds::Prices)
    });
    let rates = question.pairs.iter().map(|pair| {
        let (series, pair) = pair_name(source, pair, "");
        call(&series, About::Pair(pair), Holds::Rates)
    });
    prices.chain(rates).collect()
}

/// `service/data/EXR/D.CAD+USD.EUR.SP00.A?format=csvdata&startPeriod=…&endPeriod=…`
fn ecb(source: &Source, question: &Question) -> Result<Vec<Call>, String> {
    let mut currencies: Vec<&str> = question.pairs.iter().filter_map(other_than_euro).collect();
    currencies.sort_unstable();
    currencies.dedup();
    if currencies.is_empty() {
        return Ok(Vec::new());
    }
    let base = address(source, "https://data-api.ecb.europa.eu")?;
    let key = format!("D.{}.EUR.SP00.A", currencies.join("+"));
    let mut url = below(&base, &["service", "data", "EXR", &key])?;
    url.query_pairs_mut()
        .append_pair("format", "csvdata")
        .append_pair("startPeriod", &question.from.to_string())
        .append_pair("endPeriod", &question.asof.to_string());
    Ok(vec![Call {
        url,
        about: About::Rows,
        holds: Holds::Rates,
    }])
}

/// What a euro's rate is of; `None` for a pair without the euro, which the ECB does not publish.
pub(super) fn other_than_euro(pair: &Pair) -> Option<&str> {
    match (pair.base.as_str(), pair.quote.as_str()) {
        ("EUR", other) | (other, "EUR") => Some(other),
        _ => None,
    }
}

/// One request for all, or one for each where the address has a place for it.
fn mapped(source: &Source, question: &Question) -> Result<Vec<Call>, String> {
    let template = source.url.as_deref().unwrap_or_default();
    let filled = |names: &[(&str, &str)]| {
        let dates = [
            ("{from}", question.from.to_string()),
            ("{asof}", question.asof.to_string()),
        ];
        let mut text = template.to_owned();
        for (name, value) in names {
            text = text.replace(name, &encoded(value));
        }
        for (name, value) in dates {
            text = text.replace(name, &value);
        }
        Url::parse(&text).map_err(|_| "its address is not a URL".to_owned())
    };
    let holds = source.holds;
    let for_all = || {
        let (url, about) = (filled(&[])?, About::Rows);
        Ok(vec![Call { url, about, holds }])
    };
    match holds {
        Holds::Prices if template.contains("{symbol}") => {
            let asked = question.prices.iter();
            asked
                .map(|(symbol, _)| {
                    let url = filled(&[("{symbol}", theirs(source, symbol))])?;
                    let about = About::Symbol(symbol.clone());
                    Ok(Call { url, about, holds })
                })
                .collect()
        }
        Holds::Rates if template.contains("{base}") || template.contains("{pair}") => {
            let asked = question.pairs.iter();
            asked
                .map(|pair| {
                    let (name, pair) = pair_name(source, pair, "");
                    let names = [
                        ("{base}", pair.base.as_str()),
                        ("{quote}", pair.quote.as_str()),
                        ("{pair}", name.as_str()),
                    ];
                    let url = filled(&names)?;
                    let about = About::Pair(pair);
                    Ok(Call { url, about, holds })
                })
                .collect()
        }
        _ => for_all(),
    }
}

/// What the source calls a security.
fn theirs<'s>(source: &'s Source, symbol: &'s str) -> &'s str {
    source.symbols.get(symbol).map_or(symbol, String::as_str)
}

/// What the source calls a pair, and which way round it is there.
fn pair_name(source: &Source, pair: &Pair, prefix: &str) -> (String, Pair) {
    for way in [pair.clone(), pair.inverse()] {
        if let Some(name) = source.pairs.get(&way.to_string()) {
            return (name.clone(), way);
        }
    }
    (format!("{prefix}{}{}", pair.base, pair.quote), pair.clone())
}

fn address(source: &Source, usual: &str) -> Result<Url, String> {
    Url::parse(source.url.as_deref().unwrap_or(usual))
        .map_err(|_| "its address is not a URL".to_owned())
}

fn below(base: &Url, path: &[&str]) -> Result<Url, String> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| "its address has no path".to_owned())?
        .pop_if_empty()
        .extend(path);
    Ok(url)
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
