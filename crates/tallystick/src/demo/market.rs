//! Made-up prices and exchange rates for every business day of ten years, always the same.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

pub const FIRST_DAY: NaiveDate = day(2016, 1, 1);
pub const LAST_DAY: NaiveDate = day(2025, 12, 31);

const SEED: [u8; 32] = *b"tallystick demo ledger, edition1";

/// A security, and how its price moves.
pub struct Listing {
    pub symbol: &'static str,
    pub name: &'static str,
    pub sector: &'static str,
    /// ISO 3166, two letters.
    pub country: &'static str,
    pub isin: &'static str,
    pub currency: &'static str,
    /// Dividends of a year for each 10 000 of value, paid in quarters.
    pub dividend_yield: i64,
    path: Path,
}

/// From a first to a last level, in ten-thousandths, with a daily swing in millionths.
struct Path {
    from: i64,
    to: i64,
    swing: i64,
}

#[rustfmt::skip]
pub const LISTINGS: [Listing; 9] = [
    Listing { symbol: "BRK.B", name: "Berkshire Hathaway Inc. Class B", sector: "Financials", country: "US",
        isin: "US0846707026", currency: "USD", dividend_yield: 0, path: Path { from: 1_300_000, to: 4_900_000, swing: 9_000 } },
    Listing { symbol: "CNR", name: "Canadian National Railway Company", sector: "Industrials", country: "CA",
        isin: "CA1363751027", currency: "CAD", dividend_yield: 190, path: Path { from: 760_000, to: 1_380_000, swing: 10_000 } },
    Listing { symbol: "BAM", name: "Brookfield Asset Management Ltd.", sector: "Financials", country: "CA",
        isin: "CA1130041058", currency: "CAD", dividend_yield: 290, path: Path { from: 290_000, to: 760_000, swing: 14_000 } },
    Listing { symbol: "BBUC", name: "Brookfield Business Corporation", sector: "Industrials", country: "CA",
        isin: "CA11259V1067", currency: "CAD", dividend_yield: 110, path: Path { from: 270_000, to: 460_000, swing: 18_000 } },
    Listing { symbol: "BTI", name: "British American Tobacco p.l.c. ADR", sector: "Consumer Staples", country: "GB",
        isin: "US1104481072", currency: "USD", dividend_yield: 720, path: Path { from: 540_000, to: 560_000, swing: 12_000 } },
    Listing { symbol: "EVO", name: "Evolution AB", sector: "Consumer Discretionary", country: "SE",
        isin: "SE0012673267", currency: "EUR", dividend_yield: 180, path: Path { from: 60_000, to: 620_000, swing: 21_000 } },
    Listing { symbol: "NKE", name: "NIKE, Inc. Class B", sector: "Consumer Discretionary", country: "US",
        isin: "US6541061031", currency: "USD", dividend_yield: 160, path: Path { from: 610_000, to: 680_000, swing: 15_000 } },
    Listing { symbol: "PYPL", name: "PayPal Holdings, Inc.", sector: "Financials", country: "US",
        isin: "US70450Y1038", currency: "USD", dividend_yield: 0, path: Path { from: 350_000, to: 640_000, swing: 20_000 } },
    Listing { symbol: "HHC", name: "The Howard Hughes Corporation", sector: "Real Estate", country: "US",
        isin: "US44267D1072", currency: "USD", dividend_yield: 0, path: Path { from: 1_080_000, to: 800_000, swing: 17_000 } },
];

pub fn find(symbol: &str) -> Option<&'static Listing> {
    LISTINGS.iter().find(|listing| listing.symbol == symbol)
}

const USD_IN_CAD: Path = Path {
    from: 13_900,
    to: 13_800,
    swing: 4_500,
};
const EUR_IN_USD: Path = Path {
    from: 10_900,
    to: 11_700,
    swing: 4_500,
};

/// Every close and every rate, by business day.
pub struct Market {
    pub days: Vec<NaiveDate>,
    closes: BTreeMap<&'static str, Vec<i64>>,
    usd_in_cad: Vec<i64>,
    eur_in_usd: Vec<i64>,
}

impl Market {
    pub fn generate() -> Self {
        let days: Vec<NaiveDate> = business_days().collect();
        let closes = (LISTINGS.iter().zip(1..))
            .map(|(listing, stream)| {
                let levels = listing.path.walk(days.len(), random(stream));
                (
                    listing.symbol,
                    levels.into_iter().map(|level| divide(level, 100)).collect(),
                )
            })
            .collect();
        let usd_in_cad = USD_IN_CAD.walk(days.len(), random(101));
        let eur_in_usd = EUR_IN_USD.walk(days.len(), random(102));
        Self {
            days,
            closes,
            usd_in_cad,
            eur_in_usd,
        }
    }

    /// The close in hundredths of its listing's currency.
    pub fn close(&self, symbol: &str, day: usize) -> i64 {
        self.closes
            .get(symbol)
            .and_then(|closes| closes.get(day))
            .copied()
            .unwrap_or_default()
    }

    /// The pairs that are quoted, with their rates in ten-thousandths.
    pub fn rates(&self, day: usize) -> [(&'static str, &'static str, i64); 3] {
        let usd_in_cad = self.usd_in_cad.get(day).copied().unwrap_or_default();
        let eur_in_usd = self.eur_in_usd.get(day).copied().unwrap_or_default();
        let eur_in_cad = divide(eur_in_usd * usd_in_cad, 10_000);
        [
            ("EUR", "CAD", eur_in_cad),
            ("EUR", "USD", eur_in_usd),
            ("USD", "CAD", usd_in_cad),
        ]
    }

    /// What `amount` hundredths of `from` cost in hundredths of `to`, rounded up.
    pub fn convert(&self, amount: i64, from: &str, to: &str, day: usize) -> i64 {
        for (base, quote, rate) in self.rates(day) {
            if (base, quote) == (from, to) {
                return -(-amount * rate).div_euclid(10_000);
            }
            if (base, quote) == (to, from) {
                return -(-amount * 10_000).div_euclid(rate);
            }
        }
        amount
    }
}

/// Mondays to Fridays.
pub fn business_days() -> impl Iterator<Item = NaiveDate> {
    let days = FIRST_DAY.iter_days().take_while(|day| *day <= LAST_DAY);
    days.filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
}

impl Path {
    /// A level for each day: drawn to the straight line between the two ends, and shaken.
    fn walk(&self, days: usize, mut random: ChaCha8Rng) -> Vec<i64> {
        const FINE: i64 = 1_000;
        const PULL: i64 = 150;
        let length = i64::try_from(days).unwrap_or(i64::MAX).max(2) - 1;
        let mut level = self.from * FINE;
        (0..=length)
            .map(|step| {
                let line = self.from * FINE + (self.to - self.from) * FINE / length * step;
                let noise: i64 = (0..3).map(|_| below(&mut random, 2 * self.swing + 1)).sum();
                let noise = noise - 3 * self.swing;
                level += (line - level) / PULL + level * noise / 1_000_000;
                divide(level, FINE).max(1)
            })
            .collect()
    }
}

/// A generator of its own for each use, so that one more security does not change the others.
pub fn random(stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::from_seed(SEED);
    random.set_stream(stream);
    random
}

/// A number from 0 to one less than `bound`.
pub fn below(random: &mut ChaCha8Rng, bound: i64) -> i64 {
    (i64::from(random.next_u32()) * bound) >> 32
}

/// A quotient of positive numbers, rounded to the nearest.
pub fn divide(number: i64, by: i64) -> i64 {
    (number + by / 2) / by
}

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}
