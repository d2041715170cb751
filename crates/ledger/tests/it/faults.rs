//! Every fault that a ledger can have: its line, its figures, and what to do.

const OPENED: &str = "2020-01-01 open Assets:A\n2020-01-01 open Assets:B\n";

/// The faults of a ledger with two accounts opened, numbered from the line after.
fn faults(text: &str) -> Vec<String> {
    let text = format!("{OPENED}{text}");
    let Err(faults) = ledger::parse("f", &text) else {
        return Vec::new();
    };
    let relative =
        |fault: &ledger::Diagnostic| format!("{}: {}", i64::from(fault.line) - 2, fault.message);
    faults.iter().map(relative).collect()
}

#[track_caller]
fn assert_fault(text: &str, expected: &str) {
    assert_eq!(faults(text), [expected], "{text}");
}

#[test]
fn faults_are_addressed() {
    let faults = ledger::parse("my.beancount", "\n2020-01-01 opne Assets:A\n").unwrap_err();
    assert_eq!(
        faults.to_string(),
        "my.beancount:2: \"opne\" is not a directive: use *, open, close, balance, pad, price, \
         commodity, note, document, event, query or custom"
    );
}

#[test]
fn at_most_fifty_are_shown() {
    let text = "2020-01-02 open Assets:A\n".repeat(60);
    let faults = ledger::parse("f", &text).unwrap_err();
    assert_eq!(faults.len(), 59);
    assert_eq!(faults.first(3).len(), 3);
    let shown = faults.to_string();
    assert_eq!(shown.lines().count(), 51);
    assert!(shown.ends_with("\nand 9 more"));
}

#[test]
fn all_kinds_are_reported_together() {
    let text = "2020-01-02 * \"syntax\"\n  Assets:A  1 1 USD\n  Assets:B\n\
                2020-01-03 * \"unbalanced\"\n  Assets:A  1 USD\n  Assets:B  1 USD\n\
                2020-01-04 * \"not opened\"\n  Assets:C  1 USD\n  Assets:B\n\
                2020-01-05 balance Assets:A  5 USD\n\
                2020-01-06 foo\n\
                option \"wrong\" \"x\"\n";
    let lines: Vec<String> = faults(text)
        .iter()
        .map(|f| f.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(lines, ["2", "4", "8", "10", "11", "12"]);
}

#[test]
fn syntax() {
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A  10 usd\n  Assets:B\n",
        "2: \"usd\" cannot be read here: a posting is written ACCOUNT [NUMBER CURRENCY] [{COST}] [@ \
         PRICE]",
    );
    assert_fault(
        "2020-01-02 balance Assets:A  10\n",
        "1: something is missing at the end of the line: it is written DATE balance ACCOUNT NUMBER \
         [~ TOLERANCE] CURRENCY",
    );
    assert_fault(
        "2020-02-30 open Assets:C\n",
        "1: \"2020-02-30\" is not a date: a date is written 2020-01-31",
    );
    assert_fault(
        "2020-01-02 open Assets:C \"FOFO\"\n",
        "1: booking method \"FOFO\" is unknown: use \"STRICT\", \"STRICT_WITH_SIZE\", \"FIFO\", \
         \"LIFO\", \"HIFO\" or \"NONE\"",
    );
    assert_fault(
        "2020-01-02 note Assets:A \"begins\n2020-01-03 note Assets:A \"and\" \n",
        "1: the text in quotes that begins on this line is not closed: add the missing \"",
    );
}

#[test]
fn numbers() {
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A  1/0 USD\n  Assets:B\n",
        "2: the calculation divides by zero",
    );
    assert_fault(
        "2020-01-02 price XX  12345678901234567890123456789 USD\n",
        "1: the number has more than 28 digits; exact sums hold at most that many",
    );
    let large = "9999999999999999999999999999";
    assert_fault(
        &format!("2020-01-02 * \"x\"\n  Assets:A  {large} XX {{{large} USD}}\n  Assets:B\n"),
        "3: the amounts are larger than can be added",
    );
    assert_fault(
        &format!("2020-01-02 price XX  {large} * {large} USD\n"),
        "1: the calculation's result is larger than 28 digits hold",
    );
}

#[test]
fn accounts() {
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:C  1 USD\n  Assets:B\n",
        "2: Assets:C is not opened: add \"2020-01-02 open Assets:C\" or correct the name",
    );
    assert_fault(
        "2019-01-02 * \"x\"\n  Assets:A  0 USD\n",
        "2: Assets:A is used before it is opened on 2020-01-01: open it earlier",
    );
    assert_fault(
        "2020-02-01 close Assets:A\n2020-02-02 * \"x\"\n  Assets:A  0 USD\n",
        "3: Assets:A is used after it was closed on 2020-02-01: correct the date",
    );
    assert_fault(
        "2020-02-01 open Assets:A\n",
        "1: Assets:A is opened already, on line 1: remove one of the two directives",
    );
    assert_fault(
        "2020-02-01 close Assets:D\n",
        "1: Assets:D is closed but was never opened: add \"2020-02-01 open Assets:D\" or correct the \
         name",
    );
    assert_fault(
        "2020-01-01 open Assets:C  EUR,CHF\n2020-01-02 * \"x\"\n  Assets:C  1 USD\n  Assets:B\n",
        "3: Assets:C may not hold USD: it is opened for EUR, CHF only",
    );
}

#[test]
fn balance_of_transactions() {
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A  10.00 USD\n  Assets:B  -9.98 USD\n",
        "1: the transaction does not balance: its postings sum to 0.02 USD (tolerance 0.005); correct \
         an amount, or leave one out to have it filled in",
    );
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A\n  Assets:B\n  Assets:A  1 USD\n",
        "3: more than one posting has no amount: write the amounts of all but one",
    );
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A  USD\n  Assets:B  USD\n  Assets:A  1 USD\n",
        "3: more than one number is missing among the postings in USD: write all but one",
    );
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A  1 XX {5 EUR} @ 6 USD\n  Assets:B\n",
        "2: the cost is in EUR but the price is in USD: write both in one currency",
    );
    assert_fault(
        "2020-01-02 * \"x\"\n  Assets:A  1 XX @ -6 USD\n  Assets:B\n",
        "2: the price -6 is negative: write it without the sign",
    );
}

const LOTS: &str = "2020-01-02 * \"buy\"\n  Assets:A  5 XX {10 USD}\n  Assets:B\n\
                    2020-01-03 * \"buy\"\n  Assets:A  5 XX {11 USD, \"red\"}\n  Assets:B\n";

#[test]
fn reductions() {
    assert_fault(
        &format!("{LOTS}2020-02-01 * \"sell\"\n  Assets:A  -2 XX {{}}\n  Assets:B\n"),
        "8: -2 XX is ambiguous: 2 lots match {}, they are 5 XX {10 USD, 2020-01-02} and 5 XX {11 USD, \
         2020-01-03, \"red\"}; name one by cost, date or label, or open the account with \"FIFO\", \
         \"LIFO\" or \"HIFO\"",
    );
    assert_fault(
        &format!("{LOTS}2020-02-01 * \"sell\"\n  Assets:A  -2 XX {{12 USD}}\n  Assets:B\n"),
        "8: no lot of XX matches {12 USD}: held are 5 XX {10 USD, 2020-01-02} and 5 XX {11 USD, \
         2020-01-03, \"red\"}; correct the cost in braces, or leave it empty",
    );
    assert_fault(
        &format!("{LOTS}2020-02-01 * \"sell\"\n  Assets:A  -6.5 XX {{\"red\"}}\n  Assets:B\n"),
        "8: not enough units: 6.5 XX are taken, the lots that match {\"red\"} hold 5; 1.5 are missing",
    );
    assert_fault(
        &format!("{LOTS}2020-02-01 * \"sell\"\n  Assets:A  -1 XX {{*}}\n  Assets:B\n"),
        "8: a cost of {*} merges lots at their average, which is not supported: name the lot",
    );
    let all = format!("{LOTS}2020-02-01 * \"sell\"\n  Assets:A  -10 XX {{}}\n  Assets:B\n");
    assert_eq!(faults(&all), Vec::<String>::new());
    assert_fault(
        "2020-01-01 open Assets:C \"AVERAGE\"\n2020-01-02 * \"x\"\n  Assets:C  1 XX {1 USD}\n  \
         Assets:B\n",
        "3: booking at average cost (AVERAGE) is not supported: open Assets:C with another method",
    );
}

#[test]
fn balance_assertions() {
    let moved = "2020-01-01 open Assets:A:Sub\n2020-01-02 * \"x\"\n  Assets:A  10.00 USD\n  \
                 Assets:A:Sub  5.00 USD\n  Assets:B\n";
    assert_fault(
        &format!("{moved}2020-01-03 balance Assets:A  12.00 USD\n"),
        "6: the balance of Assets:A is wrong: expected 12.00 USD, it is 15.00 USD, the difference is 3 \
         USD (tolerance 0.01)",
    );
    for right in ["15.00", "15.01", "14.99", "15 ~ 0", "12 ~ 3.00"] {
        let text = format!("{moved}2020-01-03 balance Assets:A  {right} USD\n");
        assert_eq!(faults(&text), Vec::<String>::new(), "{right}");
    }
    // An assertion holds on the morning, before that day's transactions.
    let text = format!("2020-01-02 balance Assets:A  0 USD\n{moved}");
    assert_eq!(faults(&text), Vec::<String>::new());
}

#[test]
fn pads() {
    assert_fault(
        "2020-01-02 pad Assets:A Assets:B\n2020-01-03 balance Assets:A  0 USD\n",
        "1: the pad of Assets:A has no effect: no balance assertion after it needs it; remove it",
    );
    let text = format!(
        "{OPENED}2020-01-02 pad Assets:A Assets:B\n2020-01-03 balance Assets:A  7.50 USD\n"
    );
    let ledger = ledger::parse("f", &text).unwrap();
    let [pad] = &ledger.transactions[..] else {
        panic!("one transaction")
    };
    assert_eq!(pad.flag, 'P');
    let units: Vec<String> = pad.postings.iter().map(|p| p.units.to_string()).collect();
    assert_eq!(units, ["7.50", "-7.50"]);
}

#[test]
fn what_has_no_effect_is_read_or_warned_of() {
    let text = format!(
        "{OPENED}plugin \"beancount.plugins.auto_accounts\" \"x\"\n\
         2020-01-02 event \"city\" \"Basel\"\n2020-01-02 note Assets:A \"x\"\n\
         2020-01-02 document Assets:A \"a.pdf\"\n2020-01-02 query \"q\" \"SELECT\n  1\"\n\
         2020-01-02 custom \"budget\" Assets:A 10 USD TRUE\n\
         pushtag #trip\npushmeta sector: \"Energy\"\n2020-01-02 commodity XX\n  name: \"X \\\"1\\\"\"\n\
         2020-01-02 * \"x\" #b ^link\n  key: 1\n  Assets:A  0 USD\npoptag #trip\npopmeta sector:\n"
    );
    let ledger = ledger::parse("f", &text).unwrap();
    assert_eq!(ledger.warnings.len(), 1);
    assert_eq!(
        ledger.warnings[0].to_string(),
        "f:3: plugin \"beancount.plugins.auto_accounts\" is not run: what it would add or check is \
         missing"
    );
    assert_eq!(ledger.transactions[0].tags, ["b", "trip"]);
    assert_eq!(ledger.transactions[0].links, ["link"]);
    assert_eq!(ledger.commodities["XX"].name.as_deref(), Some("X \"1\""));
    assert_eq!(ledger.commodities["XX"].metadata["sector"], "Energy");
}
