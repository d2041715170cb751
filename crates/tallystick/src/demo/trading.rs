//! What the owner of a demo portfolio did in ten years, day by day, as Beancount transactions.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rand_chacha::ChaCha8Rng;

use super::{
    market::{LISTINGS, Listing, Market, below, divide, find, random},
    plans::Plan,
};

const COMMISSION: i64 = 495;
const CUSTODY_FEE: i64 = 1_250;
/// Tax on a dividend from abroad, in hundredths.
const WITHHOLDING: i64 = 15;
/// Interest on cash for a quarter, in ten-thousandths.
const QUARTERLY_INTEREST: i64 = 25;

/// The dated entries of one portfolio, in order.
pub fn trade(plan: &Plan, market: &Market) -> Vec<(NaiveDate, String)> {
    let mut owner = Owner {
        plan,
        market,
        random: random(plan.stream),
        cash: BTreeMap::new(),
        units: BTreeMap::new(),
        entries: Vec::new(),
    };
    let (mut month, mut day_of_month) = (0, 0);
    for (index, date) in market.days.iter().enumerate() {
        day_of_month = if date.month() == month {
            day_of_month + 1
        } else {
            1
        };
        month = date.month();
        owner.live_through(index, *date, day_of_month);
    }
    owner.entries
}

struct Owner<'a> {
    plan: &'a Plan,
    market: &'a Market,
    random: ChaCha8Rng,
    /// In hundredths, by currency.
    cash: BTreeMap<&'static str, i64>,
    /// Whole shares, by symbol.
    units: BTreeMap<&'static str, i64>,
    entries: Vec<(NaiveDate, String)>,
}

impl Owner<'_> {
    /// `day_of_month` counts business days, from 1.
    fn live_through(&mut self, day: usize, date: NaiveDate, day_of_month: u32) {
        let month = date.month();
        let is_quarter_end = month.is_multiple_of(3);
        match day_of_month {
            1 => {
                if month == 1 {
                    self.check_balances(date);
                }
                let is_first = day == 0;
                self.deposit(
                    date,
                    if is_first {
                        self.plan.opening
                    } else {
                        self.plan.monthly
                    },
                );
            }
            // The opening sum is invested at once, one security after the other.
            2..=7 if day < 7 => self.buy(day, date, day - 1, 6),
            9 if month == 11 && date.year() > 2016 => self.sell(day, date),
            11 => {
                let choice = below(&mut self.random, 64);
                self.buy(day, date, usize::try_from(choice).unwrap_or(0), 2);
            }
            13 if month == 12 => self.withdraw(date),
            15 if is_quarter_end => self.collect_dividends(day, date),
            19 if is_quarter_end => self.settle_quarter(date),
            _ => {}
        }
    }

    fn deposit(&mut self, date: NaiveDate, amount: i64) {
        let base = self.plan.base;
        let cash = self.move_cash(amount, base);
        let owner = self.posting("Equity", "Owner", -amount, base);
        self.write(date, "Deposit", &[cash, owner]);
    }

    fn withdraw(&mut self, date: NaiveDate) {
        let base = self.plan.base;
        let amount = (self.cash_in(base) / 3).min(2 * self.plan.monthly);
        if amount > 0 {
            let cash = self.move_cash(-amount, base);
            let owner = self.posting("Equity", "Owner", amount, base);
            self.write(date, "Withdrawal", &[cash, owner]);
        }
    }

    /// Spends one of `shares` of the base currency's cash, changing money first where that is needed.
    fn buy(&mut self, day: usize, date: NaiveDate, choice: usize, shares: i64) {
        let symbols = self.plan.symbols;
        let symbol = symbols.get(choice % symbols.len());
        let Some(listing) = symbol.and_then(|symbol| find(symbol)) else {
            return;
        };
        let (base, symbol, currency) = (self.plan.base, listing.symbol, listing.currency);
        let price = self.market.close(symbol, day);
        let share = self
            .market
            .convert(self.cash_in(base) / shares, base, currency, day);
        let foreign = if currency == base {
            0
        } else {
            self.cash_in(currency)
        };
        let units = (share + foreign - COMMISSION) / price;
        if units <= 0 {
            return;
        }
        let total = units * price + COMMISSION;
        if currency != base && total > foreign {
            self.exchange(day, date, total - foreign, currency);
        }
        *self.units.entry(symbol).or_default() += units;
        let (account, price) = (self.plan.account, hundredths(price));
        let bought =
            format!("Assets:{account}:Securities  {units} {symbol} {{{price} {currency}}}");
        let commission = self.posting("Expenses", "Commissions", COMMISSION, currency);
        let cash = self.move_cash(-total, currency);
        self.write(date, &format!("Buy {symbol}"), &[bought, commission, cash]);
    }

    fn exchange(&mut self, day: usize, date: NaiveDate, amount: i64, currency: &'static str) {
        let base = self.plan.base;
        let cost = self.market.convert(amount, currency, base, day);
        let bought = self.move_cash(amount, currency);
        let bought = format!("{bought} @@ {} {base}", hundredths(cost));
        let paid = self.move_cash(-cost, base);
        self.write(
            date,
            &format!("Change {base} into {currency}"),
            &[bought, paid],
        );
    }

    /// Sells a fifth of what is worth most; the oldest lots go first.
    fn sell(&mut self, day: usize, date: NaiveDate) {
        let (market, base) = (self.market, self.plan.base);
        let value = |listing: &Listing, units: i64| {
            let value = units * market.close(listing.symbol, day);
            market.convert(value, listing.currency, base, day)
        };
        let held = self
            .units
            .iter()
            .filter_map(|(symbol, units)| Some((find(symbol)?, *units)));
        let Some((listing, held)) = held.max_by_key(|(listing, units)| value(listing, *units))
        else {
            return;
        };
        let units = held / 5;
        if units == 0 {
            return;
        }
        let (symbol, currency) = (listing.symbol, listing.currency);
        let price = market.close(symbol, day);
        *self.units.entry(symbol).or_default() -= units;
        let cash = self.move_cash(units * price - COMMISSION, currency);
        let (account, price) = (self.plan.account, hundredths(price));
        let sold =
            format!("Assets:{account}:Securities  -{units} {symbol} {{}} @ {price} {currency}");
        let commission = self.posting("Expenses", "Commissions", COMMISSION, currency);
        let gains = format!("Income:{account}:Gains");
        self.write(
            date,
            &format!("Sell {symbol}"),
            &[sold, commission, cash, gains],
        );
    }

    fn collect_dividends(&mut self, day: usize, date: NaiveDate) {
        for listing in &LISTINGS {
            let (symbol, currency) = (listing.symbol, listing.currency);
            let units = self.units.get(symbol).copied().unwrap_or_default();
            let close = self.market.close(symbol, day);
            let gross = units * divide(close * listing.dividend_yield, 40_000);
            if gross == 0 {
                continue;
            }
            let is_foreign = listing.country != self.plan.home;
            let tax = if is_foreign {
                divide(gross * WITHHOLDING, 100)
            } else {
                0
            };
            let account = format!("Dividends:{symbol}");
            let mut postings = vec![
                self.move_cash(gross - tax, currency),
                self.posting("Income", &account, -gross, currency),
            ];
            if tax > 0 {
                postings.push(self.posting("Expenses", "Taxes:Withholding", tax, currency));
            }
            self.write(date, &format!("Dividend of {symbol}"), &postings);
        }
    }

    fn settle_quarter(&mut self, date: NaiveDate) {
        let base = self.plan.base;
        let interest = divide(self.cash_in(base).max(0) * QUARTERLY_INTEREST, 10_000);
        if interest > 0 {
            let cash = self.move_cash(interest, base);
            let income = self.posting("Income", "Interest", -interest, base);
            self.write(date, "Interest", &[cash, income]);
        }
        let cash = self.move_cash(-CUSTODY_FEE, base);
        let fee = self.posting("Expenses", "Fees:Custody", CUSTODY_FEE, base);
        self.write(date, "Custody fee", &[cash, fee]);
    }

    fn check_balances(&mut self, date: NaiveDate) {
        for (currency, amount) in &self.cash {
            let posting = self.posting("Assets", "Cash", *amount, currency);
            self.entries
                .push((date, format!("{date} balance {posting}\n")));
        }
    }

    fn cash_in(&self, currency: &str) -> i64 {
        self.cash.get(currency).copied().unwrap_or_default()
    }

    /// Cash that comes in, or goes out if negative; answers with its posting.
    fn move_cash(&mut self, amount: i64, currency: &'static str) -> String {
        *self.cash.entry(currency).or_default() += amount;
        self.posting("Assets", "Cash", amount, currency)
    }

    fn posting(&self, root: &str, part: &str, amount: i64, currency: &str) -> String {
        let (account, amount) = (self.plan.account, hundredths(amount));
        format!("{root}:{account}:{part}  {amount} {currency}")
    }

    fn write(&mut self, date: NaiveDate, narration: &str, postings: &[String]) {
        let postings = postings.join("\n  ");
        self.entries
            .push((date, format!("{date} * \"{narration}\"\n  {postings}\n")));
    }
}

/// An amount of hundredths with its two decimals.
pub fn hundredths(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}
