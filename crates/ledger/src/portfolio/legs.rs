//! One transaction seen from a portfolio: what changes inside, and what it is for outside.

use rust_decimal::Decimal;

use crate::arithmetic;
use crate::ledger::Ledger;
use crate::names::CurrencyId;
use crate::transaction::{Cost, Posting, Price, Transaction};

use iso_currency::Currency as IsoCurrency;

/// Sums by currency, in the order of first mention.
#[derive(Debug, Default)]
pub(super) struct Sums(pub Vec<(CurrencyId, Decimal)>);

impl Sums {
    /// `None` if the sum cannot be held.
    pub(super) fn add(&mut self, currency: CurrencyId, amount: Decimal) -> Option<()> {
        match self.0.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum = arithmetic::add(*sum, amount)?,
            None => self.0.push((currency, amount)),
        }
        Some(())
    }
}

/// What an outside account says about the money that it got or gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Dividend,
    Interest,
    /// Other income: the gain of a sale, or money from outside.
    Income,
    Tax,
    Fee,
    /// Other expenses.
    Expense,
    Other,
}

/// What is known of an account from its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trait {
    pub purpose: Purpose,
    /// The one security that is a component of the name.
    pub symbol: Option<CurrencyId>,
}

/// The accounts and commodities of a ledger as a portfolio sees them.
pub(super) struct Traits {
    /// By account.
    accounts: Vec<Trait>,
    /// By currency.
    is_cash: Vec<bool>,
}

impl Traits {
    pub(super) fn of(ledger: &Ledger) -> Self {
        let operating = |symbol: &str| ledger.operating_currencies.iter().any(|c| c == symbol);
        let mut is_cash: Vec<bool> = ledger
            .names
            .currencies()
            .map(|(_, symbol)| IsoCurrency::from_code(symbol).is_some() || operating(symbol))
            .collect();
        // Some tickers are also codes of currencies: BAM is Brookfield's and Bosnia's.
        for held in ledger
            .transactions
            .iter()
            .flat_map(|transaction| &transaction.postings)
        {
            if held.cost.is_some() && !operating(ledger.currency(held.currency)) {
                is_cash[held.currency.index()] = false;
            }
        }
        let accounts = ledger.names.accounts();
        let accounts = accounts
            .map(|(_, name)| account_trait(ledger, &is_cash, name))
            .collect();
        Self { accounts, is_cash }
    }

    pub(super) fn is_cash(&self, currency: CurrencyId) -> bool {
        self.is_cash
            .get(currency.index())
            .copied()
            .unwrap_or_default()
    }
}

fn account_trait(ledger: &Ledger, is_cash: &[bool], name: &str) -> Trait {
    let mut components = name.split(':');
    let root = components.next().unwrap_or_default();
    let lower: Vec<String> = components.clone().map(str::to_lowercase).collect();
    let has = |word: &str| lower.iter().any(|component| component.contains(word));
    let purpose = if root == ledger.income_root {
        if has("dividend") || components.clone().any(is_short_dividend) {
            Purpose::Dividend
        } else if has("interest") {
            Purpose::Interest
        } else {
            Purpose::Income
        }
    } else if root == ledger.expenses_root {
        if has("tax") {
            Purpose::Tax
        } else if has("fee") || has("commission") {
            Purpose::Fee
        } else {
            Purpose::Expense
        }
    } else {
        Purpose::Other
    };
    let mut symbols = components
        .filter_map(|component| ledger.names.find_currency(component))
        .filter(|currency| !is_cash[currency.index()]);
    let symbol = symbols.next().filter(|_| symbols.next().is_none());
    Trait { purpose, symbol }
}

/// `Div`, `Divs` or a word that starts so, as in `DivIncome`; not `Diverse`.
fn is_short_dividend(component: &str) -> bool {
    component.match_indices("Div").any(|(at, _)| {
        let rest = component[at + 3..].trim_start_matches('s');
        !rest.starts_with(char::is_lowercase)
    })
}

/// Units of a lot that come into the portfolio, negative for out.
#[derive(Debug)]
pub(super) struct LotLeg {
    pub symbol: CurrencyId,
    pub cost: Cost,
    pub units: Decimal,
    pub price: Option<Price>,
}

/// Units without a cost, with what they cost in cash if a price is given.
#[derive(Debug)]
pub(super) struct PlainLeg {
    pub currency: CurrencyId,
    pub units: Decimal,
    pub price: Option<Price>,
}

#[derive(Debug)]
pub(super) struct OutsideLeg {
    pub of: Trait,
    pub currency: CurrencyId,
    /// What the account got, by weight.
    pub amount: Decimal,
}

/// The postings of a transaction, sorted by what they mean.
#[derive(Debug, Default)]
pub(super) struct Legs {
    /// The change of cash inside.
    pub cash: Sums,
    /// Lots, netted over the accounts inside.
    pub lots: Vec<LotLeg>,
    /// Securities without cost, and cash that is exchanged at a price.
    pub plain: Vec<PlainLeg>,
    pub outside: Vec<OutsideLeg>,
}

impl Legs {
    /// `None` if an amount cannot be held.
    pub(super) fn of(transaction: &Transaction, inside: &[bool], traits: &Traits) -> Option<Self> {
        let mut legs = Self::default();
        for posting in &transaction.postings {
            if inside[posting.account.index()] {
                legs.add_inside(posting, traits)?;
            } else {
                let (currency, amount) = posting.weight()?;
                let of = traits.accounts[posting.account.index()];
                legs.outside.push(OutsideLeg {
                    of,
                    currency,
                    amount,
                });
            }
        }
        legs.lots.retain(|leg| !leg.units.is_zero());
        Some(legs)
    }

    fn add_inside(&mut self, posting: &Posting, traits: &Traits) -> Option<()> {
        if let Some(cost) = &posting.cost {
            let same = |leg: &&mut LotLeg| leg.symbol == posting.currency && leg.cost == *cost;
            match self.lots.iter_mut().find(same) {
                Some(leg) => leg.units = arithmetic::add(leg.units, posting.units)?,
                None => self.lots.push(LotLeg {
                    symbol: posting.currency,
                    cost: cost.clone(),
                    units: posting.units,
                    price: posting.price,
                }),
            }
            return Some(());
        }
        let is_cash = traits.is_cash(posting.currency);
        if is_cash {
            self.cash.add(posting.currency, posting.units)?;
        }
        if !is_cash || posting.price.is_some() {
            let leg = PlainLeg {
                currency: posting.currency,
                units: posting.units,
                price: posting.price,
            };
            self.plain.push(leg);
        }
        Some(())
    }
}
