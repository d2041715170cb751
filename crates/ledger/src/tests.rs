//! A file that is cut for several threads gives the same as one that is read whole.

use std::fmt::Write as _;

use super::{Ledger, Ways, parse_by};
use crate::Diagnostics;

/// About 240 KB, with pushed tags, options in the middle and strings that look like directives.
fn long_text(faults: bool) -> String {
    let mut text = String::from("option \"name_assets\" \"Vermoegen\"\n");
    text.push_str("2020-01-01 open Vermoegen:A \"FIFO\"\n2020-01-01 open Equity:B\n");
    for number in 0..2_600 {
        let day = 1 + number % 28;
        if number % 100 == 10 {
            text.push_str("pushtag #trip\n");
        }
        let _ = writeln!(
            text,
            "2020-02-{day:02} * \"Payee {number}\" \"a\n2020-01-01 open X\""
        );
        let _ = writeln!(
            text,
            "  Vermoegen:A  {} XX {{{} USD}}\n  Equity:B",
            1 + number % 7,
            number % 13
        );
        if number % 100 == 40 {
            text.push_str("poptag #trip\n");
        }
        if faults && number % 500 == 250 {
            text.push_str("2020-02-01 open\n2020-02-01 opne Assets:X\n");
            text.push_str("2020-02-01 * \"x\"\n  Vermoegen:A  1 USD\n  Equity:B  2 USD 3\n");
        }
    }
    text
}

fn parse_in_parts(name: &str, text: &str, parts: usize) -> Result<Ledger, Diagnostics> {
    parse_by(
        name,
        text,
        Ways {
            parts,
            shortcut: true,
        },
    )
}

#[track_caller]
fn assert_same(one: &Ledger, other: &Ledger) {
    assert_eq!(one.transactions.len(), other.transactions.len());
    let account = |ledger: &Ledger, posting: &crate::Posting| {
        (
            ledger.account(posting.account).to_owned(),
            ledger.currency(posting.currency).to_owned(),
        )
    };
    for (a, b) in one.transactions.iter().zip(&other.transactions) {
        assert_eq!(
            (a.date, a.flag, a.file, a.line),
            (b.date, b.flag, b.file, b.line)
        );
        assert_eq!((&a.payee, &a.narration), (&b.payee, &b.narration));
        assert_eq!((&a.tags, &a.links), (&b.tags, &b.links));
        assert_eq!(a.postings.len(), b.postings.len());
        for (x, y) in a.postings.iter().zip(&b.postings) {
            assert_eq!(account(one, x), account(other, y));
            assert_eq!((x.line, x.units.to_string()), (y.line, y.units.to_string()));
            let cost = |posting: &crate::Posting| {
                posting
                    .cost
                    .clone()
                    .map(|cost| (cost.number.to_string(), cost.date, cost.label))
            };
            assert_eq!(cost(x), cost(y));
            assert_eq!(
                x.price.map(|p| p.number.to_string()),
                y.price.map(|p| p.number.to_string())
            );
        }
    }
    assert_eq!(one.prices, other.prices);
    assert_eq!(one.commodities, other.commodities);
}

/// The short way against the grammar crate, on ledgers in and out of its reach.
#[test]
fn the_short_way_reads_what_the_grammar_reads() {
    let header = "2020-01-01 open Assets:A \"FIFO\"\n2020-01-01 open Equity:B\n";
    let lines = [
        "  Assets:A  10 XX {1.50 USD}\n  Equity:B\n",
        "\tAssets:A\t-1 XX {}\t@ 2 USD  \n  Equity:B  \n",
        "  Assets:A  -1 XX {1.50 USD, 2020-02-01} @@ 2.00 USD\n  Equity:B\n",
        "  Assets:A  -1 XX {1.50 USD,2020-02-01}@ 2.00 USD\n  Equity:B\n",
        "  Assets:A  -0.00 USD\n  Equity:B  0.00 USD\n",
        "  Assets:A  1,000.00 USD\n  Equity:B\n\n\n",
        "  Assets:A  1000.00 USD ; note\n  Equity:B\n",
        "  ! Assets:A  1000 USD\n\n  Equity:B\n",
        "  Assets:A  1000. USD\n  Equity:B\n",
        "  Assets:A  1 X\n  Equity:B\n",
        "  Assets:A  1 A-B.C\n  Equity:B\n",
        "  Assets:A  12345678901234567890.123 USD\n  Equity:B\n",
        "  Assets:A:  1 USD\n  Equity:B\n",
        "  Assets:a  1 USD\n  Equity:B\n",
        "  Assets  1 USD\n  Equity:B\n",
        "  Other:A  1 USD\n  Equity:B\n",
        "  Assets:A  1 TRUE\n  Equity:B\n",
        "  Assets:A  1.2.3 USD\n  Equity:B\n",
        "  Assets:A  USD\n  Equity:B  1 USD\n",
        "  Assets:A  1 USD\n  Equity:B\n  key: 1\n",
        "  Assets:A  1USD\n  Equity:B\n",
        "  Assets:A  1 USD @\n  Equity:B  -2 EUR\n",
        "  Assets:A  1 USD@ 2 EUR\r\n  Equity:B",
    ];
    let heads = [
        "2020-02-01 * \"a\"\n",
        "2020-02-01 ! \"a\"   \"b\" \n",
        "2020-02-01 * \"\" \"b\"\n",
        "2020-02-01 * \"a\"\"b\"\n",
        "2020/02/01 txn \"a\" #tag\n",
        "2020-02-01 * \"a\\\"b\"\n",
        "2020-02-01 *\n",
        "2020-02-01 price XX 1 USD\n2020-02-01 price XX -1.5 USD ; x\n2020-02-01 * \"\"\n",
        "2020-02-01 balance Assets:A 0 USD\n2020-02-01 balance Assets:A 0 ~ 1 USD\n2020-02-01 * \"x\"\n",
        "2020-02-30 * \"a\"\n",
    ];
    for head in heads {
        for line in lines {
            let text = format!(
                "{header}{}{head}{line}",
                format_args!("2020-01-02 * \"b\"\n{}", lines[0])
            );
            let short = parse_by(
                "f",
                &text,
                Ways {
                    parts: 1,
                    shortcut: true,
                },
            );
            let long = parse_by(
                "f",
                &text,
                Ways {
                    parts: 1,
                    shortcut: false,
                },
            );
            match (short, long) {
                (Ok(short), Ok(long)) => assert_same(&short, &long),
                (short, long) => {
                    assert_eq!(short.err(), long.err(), "{text}");
                }
            }
        }
    }
}

#[test]
fn cut_and_whole_give_the_same_ledger() {
    let text = long_text(false);
    let whole = parse_in_parts("f", &text, 1).unwrap();
    for parts in [2, 3] {
        let cut = parse_in_parts("f", &text, parts).unwrap();
        assert_eq!(cut.transactions.len(), 2_600);
        assert_same(&whole, &cut);
        let names = |ledger: &Ledger| -> Vec<String> {
            ledger.opened_accounts().map(str::to_owned).collect()
        };
        assert_eq!(names(&whole), names(&cut));
    }
}

#[test]
fn cut_and_whole_give_the_same_faults() {
    let text = long_text(true);
    let whole = parse_in_parts("f", &text, 1).unwrap_err();
    assert_eq!(whole.len(), 15);
    let long = parse_by(
        "f",
        &text,
        Ways {
            parts: 1,
            shortcut: false,
        },
    )
    .unwrap_err();
    assert_eq!(whole, long);
    for parts in [2, 3] {
        assert_eq!(whole, parse_in_parts("f", &text, parts).unwrap_err());
    }
}

#[test]
fn more_faults_than_are_reported_are_the_same_too() {
    let directive = "2020-02-01 * \"x\"\n  Assets:A  1 USD\n  Equity:B  2 USD 3\n";
    let text = directive.repeat(4_000);
    let whole = parse_in_parts("f", &text, 1).unwrap_err();
    assert_eq!(whole.len(), crate::MAX_REPORTED + 1);
    for parts in [2, 3] {
        assert_eq!(whole, parse_in_parts("f", &text, parts).unwrap_err());
    }
}
