//! Transactions as entries, lots and closures.

use std::collections::BTreeMap;

use ledger::{Entry, EntryKind, Ledger, PortfolioView};
use rust_decimal::Decimal;

use crate::random::{Random, random_ledger};
use crate::shared;

const OPENED: &str = "option \"operating_currency\" \"USD\"\n\
    2020-01-01 open Assets:Broker:Cash\n2020-01-01 open Assets:Broker:Stock \"FIFO\"\n\
    2020-01-01 open Assets:Broker:Other \"NONE\"\n2020-01-01 open Assets:Bank\n\
    2020-01-01 open Income:XX:Dividend\n2020-01-01 open Income:Gains\n2020-01-01 open Income:Interest\n\
    2020-01-01 open Income:Salary\n2020-01-01 open Expenses:Commission\n\
    2020-01-01 open Expenses:Taxes:Withheld\n2020-01-01 open Expenses:Food\n";

fn view(text: &str) -> PortfolioView {
    let ledger = ledger::parse("f", &format!("{OPENED}{text}")).unwrap();
    let view = ledger.portfolio(&["Assets:Broker"], None).unwrap();
    assert_sums(&ledger, &["Assets:Broker"], &view);
    view
}

fn brief(entry: &Entry) -> String {
    let external = if entry.is_external { " external" } else { "" };
    let symbol = entry.symbol.as_deref().unwrap_or("-");
    format!(
        "{:?} {symbol} {} {} {} fee {}{external}",
        entry.kind, entry.quantity, entry.amount, entry.currency, entry.fee
    )
}

fn entries(text: &str) -> Vec<String> {
    view(text).entries.iter().map(brief).collect()
}

/// The sums that every view must keep, per transaction.
fn assert_sums(ledger: &Ledger, prefixes: &[&str], view: &PortfolioView) {
    let inside = |account: &str| {
        prefixes.iter().any(|p| {
            account
                .strip_prefix(p)
                .is_some_and(|r| r.is_empty() || r.starts_with(':'))
        })
    };
    let mut expected: BTreeMap<(u32, String), Decimal> = BTreeMap::new();
    for transaction in &ledger.transactions {
        for posting in transaction
            .postings
            .iter()
            .filter(|p| inside(ledger.account(p.account)))
        {
            let key = (
                transaction.line,
                ledger.currency(posting.currency).to_owned(),
            );
            *expected.entry(key).or_default() += posting.units;
        }
    }
    let mut found: BTreeMap<(u32, String), Decimal> = BTreeMap::new();
    for entry in &view.entries {
        *found
            .entry((entry.line, entry.currency.clone()))
            .or_default() += entry.amount;
        if let Some(symbol) = &entry.symbol {
            *found.entry((entry.line, symbol.clone())).or_default() += entry.quantity;
        }
    }
    expected.retain(|_, units| !units.is_zero());
    found.retain(|_, units| !units.is_zero());
    assert_eq!(found, expected);
    let mut proceeds = vec![Decimal::ZERO; view.entries.len()];
    for closure in &view.closures {
        proceeds[closure.closed_by] += closure.proceeds;
    }
    for (entry, proceeds) in view.entries.iter().zip(proceeds) {
        assert!(
            proceeds.is_zero() || proceeds == entry.amount,
            "{}",
            brief(entry)
        );
    }
}

#[test]
fn a_purchase_with_its_fee_and_a_sale_with_its_gain() {
    let view = view(
        "2020-01-02 * \"deposit\"\n  Assets:Broker:Cash  1009.95 USD\n  Assets:Bank\n\
         2020-01-03 * \"Broker\" \"buy\"\n  Assets:Broker:Stock  10 XX {100.00 USD}\n  \
         Expenses:Commission  9.95 USD\n  Assets:Broker:Cash\n\
         2020-02-03 * \"sell\"\n  Assets:Broker:Stock  -4 XX {} @ 120.00 USD\n  \
         Assets:Broker:Cash  470.05 USD\n  Expenses:Commission  9.95 USD\n  Income:Gains  -80.00 USD\n",
    );
    let brief: Vec<String> = view.entries.iter().map(brief).collect();
    assert_eq!(
        brief,
        [
            "Deposit - 0 1009.95 USD fee 0 external",
            "Buy XX 10 -1009.95 USD fee 9.95",
            "Sell XX -4 470.05 USD fee 9.95",
        ]
    );
    assert_eq!(view.entries[1].narration.as_deref(), Some("Broker | buy"));
    let [lot] = &view.lots[..] else {
        panic!("one lot")
    };
    assert_eq!(
        (lot.opened_by, lot.quantity_open.to_string().as_str()),
        (1, "6")
    );
    assert_eq!(lot.cost_basis.to_string(), "1000.00");
    let [closure] = &view.closures[..] else {
        panic!("one closure")
    };
    assert_eq!((closure.lot, closure.closed_by), (0, 2));
    assert_eq!(closure.cost_basis.to_string(), "400.00");
    assert_eq!(closure.proceeds.to_string(), "470.05");
}

#[test]
fn a_sale_without_price_takes_its_gain_from_income() {
    let bought = "2020-01-03 * \"buy\"\n  Assets:Broker:Stock  10 XX {100 USD}\n  Assets:Bank\n";
    assert_eq!(
        entries(&format!(
            "{bought}2020-02-03 * \"sell\"\n  Assets:Broker:Stock  -4 XX {{}}\n  \
             Assets:Broker:Cash  480 USD\n  Income:Gains\n"
        )),
        [
            "Buy XX 10 -1000 USD fee 0",
            "Deposit - 0 1000 USD fee 0 external",
            "Sell XX -4 480 USD fee 0",
        ]
    );
}

#[test]
fn income_is_named_by_its_account() {
    assert_eq!(
        entries(
            "2020-01-02 commodity XX\n\
             2020-01-02 * \"dividend\"\n  Assets:Broker:Cash  8.50 USD\n  \
             Expenses:Taxes:Withheld  1.50 USD\n  Income:XX:Dividend  -10.00 USD\n\
             2020-01-03 * \"interest\"\n  Assets:Broker:Cash  1 USD\n  Income:Interest\n\
             2020-01-04 * \"fee\"\n  Assets:Broker:Cash  -2 USD\n  Expenses:Commission\n\
             2020-01-05 * \"lunch\"\n  Assets:Broker:Cash  -3 USD\n  Expenses:Food\n\
             2020-01-06 * \"reinvested\"\n  Assets:Broker:Stock  1 XX {5 USD}\n  Income:XX:Dividend\n"
        ),
        [
            "Tax - 0 -1.50 USD fee 0",
            "Dividend XX 0 10.00 USD fee 0",
            "Interest - 0 1 USD fee 0",
            "Fee - 0 -2 USD fee 0",
            "Withdrawal - 0 -3 USD fee 0 external",
            "Dividend XX 0 5 USD fee 0",
            "Buy XX 1 -5 USD fee 0",
        ]
    );
}

#[test]
fn a_ticker_that_is_also_a_currencys_code_is_a_security_once_it_has_a_cost() {
    assert_eq!(
        entries(
            "2020-01-02 open Income:BAM:Dividend\n\
             2020-01-02 * \"buy\"\n  Assets:Broker:Stock  1 BAM {5 USD}\n  Assets:Broker:Cash\n\
             2020-01-03 * \"dividend\"\n  Assets:Broker:Cash  2 USD\n  Income:BAM:Dividend\n"
        ),
        ["Buy BAM 1 -5 USD fee 0", "Dividend BAM 0 2 USD fee 0"]
    );
}

#[test]
fn money_that_is_exchanged_inside_is_no_flow() {
    assert_eq!(
        entries(
            "2020-01-02 * \"x\"\n  Assets:Broker:Cash  -100 USD\n  Assets:Broker:Cash  90 EUR @@ 100 USD\n"
        ),
        [
            "TransferIn - 0 90 EUR fee 0",
            "TransferOut - 0 -100 USD fee 0"
        ]
    );
}

#[test]
fn units_without_cost_move_without_cash() {
    let view = view(
        "2020-01-02 * \"vest\"\n  Assets:Broker:Other  10 VACHR\n  Income:Salary\n\
         2020-01-03 * \"use\"\n  Assets:Broker:Other  -110 VACHR\n  Expenses:Food\n",
    );
    let brief: Vec<String> = view.entries.iter().map(brief).collect();
    assert_eq!(
        brief,
        [
            "TransferIn VACHR 10 0 USD fee 0",
            "TransferOut VACHR -110 0 USD fee 0"
        ]
    );
    let holdings = view.holdings(None).unwrap();
    assert_eq!(holdings.securities[0].quantity.to_string(), "-100");
    assert_eq!(
        (
            holdings.securities[0].open_lots,
            holdings.securities[0].cost_basis.len()
        ),
        (0, 0)
    );
}

#[test]
fn a_lot_that_moves_inside_stays_one_lot() {
    let view = view(
        "2020-01-03 * \"buy\"\n  Assets:Broker:Stock  10 XX {100 USD}\n  Assets:Bank\n\
         2020-01-04 * \"move\"\n  Assets:Broker:Stock  -4 XX {}\n  \
         Assets:Broker:Other  4 XX {100 USD, 2020-01-03}\n",
    );
    assert_eq!(view.entries.len(), 2);
    assert_eq!(view.lots.len(), 1);
    assert_eq!(
        view.holdings(None).unwrap().securities[0]
            .quantity
            .to_string(),
        "10"
    );
}

#[test]
fn shorts_are_sold_first_and_bought_back() {
    let view = view(
        "2020-01-03 * \"short\"\n  Assets:Broker:Stock  -10 XX {100 USD}\n  Assets:Broker:Cash\n\
         2020-02-03 * \"cover\"\n  Assets:Broker:Stock  4 XX {} @ 90 USD\n  \
         Assets:Broker:Cash  -360 USD\n  Income:Gains\n",
    );
    let brief: Vec<String> = view.entries.iter().map(brief).collect();
    assert_eq!(
        brief,
        ["Sell XX -10 1000 USD fee 0", "Buy XX 4 -360 USD fee 0"]
    );
    assert_eq!(view.lots[0].quantity_open.to_string(), "-6");
    let closure = &view.closures[0];
    assert_eq!((closure.proceeds - closure.cost_basis).to_string(), "40");
}

#[test]
fn a_prefix_without_accounts_suggests_near_ones() {
    let ledger = ledger::parse("f", OPENED).unwrap();
    let error = ledger
        .portfolio(&["Assets:Brokr", "Assets:Bank"], None)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "f:1: no account is opened under \"Assets:Brokr\": near are Assets:Broker, Assets:Bank, \
         Assets"
    );
}

#[test]
fn names_of_entries_do_not_depend_on_their_place() {
    let coffee = "2020-01-02 * \"coffee\"\n  Assets:Broker:Cash  -3 USD\n  Expenses:Food\n";
    let lunch = "2020-01-02 * \"lunch\"\n  Assets:Broker:Cash  -9 USD\n  Expenses:Food\n";
    let first = view(&format!("{coffee}{coffee}"));
    let grown = view(&format!("; a comment\n{lunch}{coffee}\n\n{coffee}{coffee}"));
    let names = |view: &PortfolioView| -> Vec<String> {
        view.entries
            .iter()
            .map(|entry| entry.external_id.clone())
            .collect()
    };
    assert_eq!(names(&first), names(&grown)[1..3]);
    let mut all = names(&grown);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|name| name.len() == 32));
}

#[test]
fn prices_are_the_newest_and_have_inverses() {
    let ledger = ledger::parse(
        "f",
        "2020-01-01 price EUR 1.25 USD\n2020-01-03 price EUR 1.5 USD\n2020-01-03 price EUR 1.6 USD\n",
    )
    .unwrap();
    let on = |base: &str, quote: &str, day: u32| {
        let day = chrono::NaiveDate::from_ymd_opt(2020, 1, day).unwrap();
        ledger
            .price_on(base, quote, day)
            .map(|(date, rate)| format!("{date} {rate}"))
    };
    assert_eq!(on("EUR", "USD", 2).as_deref(), Some("2020-01-01 1.25"));
    assert_eq!(on("EUR", "USD", 9).as_deref(), Some("2020-01-03 1.6"));
    assert_eq!(on("USD", "EUR", 3).as_deref(), Some("2020-01-03 0.625"));
    assert_eq!(on("USD", "CHF", 3), None);
}

#[test]
fn sums_hold_for_random_ledgers() {
    let mut random = Random::new(20_200_101);
    let mut checked = 0;
    for _ in 0..300 {
        let Ok(ledger) = ledger::parse("f", &random_ledger(&mut random)) else {
            continue;
        };
        for prefixes in [
            &["Assets"][..],
            &["Assets:Cash"],
            &["Assets:Broker0", "Assets:Broker1"],
        ] {
            if let Ok(view) = ledger.portfolio(prefixes, None) {
                assert_sums(&ledger, prefixes, &view);
                checked += 1;
            }
        }
    }
    assert!(checked > 50);
}

#[test]
fn sums_hold_for_the_example() {
    let Some(path) = shared::find("ledger/example.beancount") else {
        return;
    };
    let ledger = ledger::load(&path).unwrap();
    for prefix in [
        "Assets",
        "Assets:US:ETrade",
        "Assets:US:Vanguard",
        "Assets:US:BofA",
        "Liabilities",
    ] {
        let view = ledger.portfolio(&[prefix], None).unwrap();
        assert_sums(&ledger, &[prefix], &view);
        let kinds = |kind: EntryKind| view.entries.iter().filter(|e| e.kind == kind).count();
        if prefix == "Assets:US:ETrade" {
            assert!(kinds(EntryKind::Buy) > 0 && kinds(EntryKind::Dividend) > 0);
            assert!(
                view.entries
                    .iter()
                    .all(|e| !e.is_external || e.amount.abs() > Decimal::ONE)
            );
        }
    }
}
