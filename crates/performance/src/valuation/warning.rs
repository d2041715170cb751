use pricing::quotes::Quotes;

/// Something that the figures leave out, in a stable word and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: &'static str,
    pub detail: String,
}

pub(crate) fn no_price(symbol: &str) -> Warning {
    Warning {
        code: "price_missing",
        detail: format!(
            "{symbol} has no price in the pack: its value is unknown and is left out of the totals"
        ),
    }
}

pub(crate) fn no_rate(quotes: &Quotes, from: &str, base: &str, left_out: &str) -> Warning {
    let pack = quotes.pack_id.as_deref().unwrap_or("the ledger");
    let through = if [from, base].contains(&quotes.pivot.as_str()) {
        String::new()
    } else {
        format!(", nor one through {}", quotes.pivot)
    };
    Warning {
        code: "fx_rate_missing",
        detail: format!(
            "there is no rate from {from} to {base}{through} in {pack} of {}: {left_out} of the \
             totals",
            quotes.asof_date
        ),
    }
}

/// Costs are converted by the books' own rates, of the days of the purchases.
pub(crate) fn no_cost_rate(symbol: &str, from: &str, base: &str) -> Warning {
    Warning {
        code: "fx_rate_missing",
        detail: format!(
            "there is no rate from {from} to {base}: the cost of {symbol} is unknown and is left \
             out of the totals"
        ),
    }
}
