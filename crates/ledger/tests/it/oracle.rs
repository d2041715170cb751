//! Random ledgers, booked here and by Beancount: the same lots, and faults for the same ledgers.
//!
//! Needs a Python with the `beancount` package: `python3`, or the one that the environment variable
//! `TALLYSTICK_BEANCOUNT_PYTHON` names; the test says that it is skipped where there is none.
//! `TALLYSTICK_ORACLE_SEED` repeats a run.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::random::{Random, random_ledger};

const LEDGERS: usize = 400;

/// Where Beancount answers `null` for a number, or a lot has no date, the text is "None".
type LotKey = (String, String, String, String, String, String);

fn python() -> String {
    std::env::var("TALLYSTICK_BEANCOUNT_PYTHON").unwrap_or_else(|_| "python3".into())
}

/// Beancount's answers for many texts, or `None` after saying why there are none.
fn ask(texts: &[String]) -> Option<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/oracle.py");
    let child = Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: {} does not run", python());
        return None;
    };
    let input = serde_json::to_string(texts).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let written = writer.join().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("No module named 'beancount'") {
        println!("skipped: {} has no beancount package", python());
        return None;
    }
    written.unwrap();
    assert!(output.status.success(), "{complaint}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn add(lots: &mut BTreeMap<LotKey, Decimal>, key: LotKey, units: Decimal) {
    *lots.entry(key).or_default() += units;
}

fn nonzero(mut lots: BTreeMap<LotKey, Decimal>) -> BTreeMap<LotKey, String> {
    // Sums of quotients are rounded at 28 digits, in an order that is Beancount's own.
    for units in lots.values_mut() {
        *units = units.round_dp(20);
    }
    lots.retain(|_, units| !units.is_zero());
    lots.into_iter()
        .map(|(key, units)| (key, units.normalize().to_string()))
        .collect()
}

fn normal(number: Decimal) -> String {
    // A quotient of small numbers has more decimals in Beancount than the 28 that are held here.
    number.round_dp(24).normalize().to_string()
}

fn ours(ledger: &ledger::Ledger) -> BTreeMap<LotKey, String> {
    let mut lots = BTreeMap::new();
    for posting in ledger
        .transactions
        .iter()
        .flat_map(|transaction| &transaction.postings)
    {
        let account = ledger.account(posting.account).to_owned();
        let commodity = ledger.currency(posting.currency).to_owned();
        let key = match &posting.cost {
            None => (
                account,
                commodity,
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ),
            Some(cost) => (
                account,
                commodity,
                normal(cost.number),
                ledger.currency(cost.currency).to_owned(),
                cost.date.to_string(),
                cost.label.as_deref().unwrap_or_default().to_owned(),
            ),
        };
        add(&mut lots, key, posting.units);
    }
    nonzero(lots)
}

fn theirs(answer: &Value) -> BTreeMap<LotKey, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lots = BTreeMap::new();
    for lot in answer["lots"].as_array().unwrap() {
        let cost = match lot[3].as_str() {
            Some(number) => normal(Decimal::from_scientific(number).unwrap_or_else(|_| {
                Decimal::from_str_exact(number).unwrap_or_else(|_| number.parse().unwrap())
            })),
            None => String::new(),
        };
        let units = lot[1].as_str().unwrap();
        let units = units
            .parse()
            .or_else(|_| Decimal::from_scientific(units))
            .unwrap();
        let key = (
            text(&lot[0]),
            text(&lot[2]),
            cost,
            text(&lot[4]),
            text(&lot[5]),
            text(&lot[6]),
        );
        add(&mut lots, key, units);
    }
    nonzero(lots)
}

/// Whether Beancount refuses a transaction for the last digit of a quotient, which is forgiven here.
fn is_rounding(message: &str) -> bool {
    message.contains("does not balance: (0.00000000000000000000")
        || message.contains("does not balance: (-0.00000000000000000000")
}

#[test]
fn random_ledgers_book_as_beancount_books_them() {
    let seed = std::env::var("TALLYSTICK_ORACLE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis()
            .try_into()
            .unwrap()
    });
    println!("TALLYSTICK_ORACLE_SEED={seed}");
    let mut random = Random::new(seed);
    let texts: Vec<String> = (0..LEDGERS).map(|_| random_ledger(&mut random)).collect();
    let Some(answers) = ask(&texts) else { return };
    let (mut clean, mut faulty) = (0, 0);
    let mut differences = Vec::new();
    for (text, answer) in texts.iter().zip(&answers) {
        if answer["crash"].is_string() {
            continue;
        }
        let errors = answer["errors"].as_array().unwrap();
        if errors
            .iter()
            .any(|error| is_rounding(error[1].as_str().unwrap()))
        {
            continue;
        }
        match ledger::parse("random", text) {
            Ok(_) if !errors.is_empty() => {
                differences.push(format!("{text}\nonly Beancount refuses: {errors:?}"));
            }
            Ok(ledger) if ours(&ledger) != theirs(answer) => {
                let (ours, theirs) = (ours(&ledger), theirs(answer));
                differences.push(format!("{text}\nours {ours:#?}\ntheirs {theirs:#?}"));
            }
            Ok(_) => clean += 1,
            Err(faults) if errors.is_empty() => {
                differences.push(format!("{text}\nonly we refuse: {faults}"));
            }
            Err(faults) => {
                if std::env::var_os("TALLYSTICK_ORACLE_FAULTS").is_some() {
                    println!("{faults}");
                }
                faulty += 1;
            }
        }
    }
    println!("{clean} ledgers with the same lots, {faulty} refused by both");
    let shown: Vec<_> = differences.iter().take(3).cloned().collect();
    assert!(
        differences.is_empty(),
        "seed {seed}: {} differences\n{}",
        differences.len(),
        shown.join("\n----\n")
    );
    assert!(
        clean > LEDGERS / 10 && faulty > LEDGERS / 20,
        "the ledgers say too little"
    );
}
