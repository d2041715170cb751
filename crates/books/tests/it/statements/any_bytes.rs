//! No file makes the reader panic, or lose its place.

use std::io::Cursor;

use books::statements::{Format, Mapping, read};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::sample;

const SAMPLES: [(Format, &str); 9] = [
    (Format::Csv, "broker.csv"),
    (Format::Csv, "us_broker.csv"),
    (Format::GhostfolioJson, "ghostfolio.json"),
    (Format::GhostfolioCsv, "ghostfolio.csv"),
    (
        Format::PortfolioPerformance,
        "portfolio_performance_account.csv",
    ),
    (
        Format::PortfolioPerformance,
        "portfolio_performance_depot.csv",
    ),
    (Format::Wealthfolio, "wealthfolio.csv"),
    (Format::InteractiveBrokersFlex, "flex_marked.csv"),
    (Format::InteractiveBrokersFlex, "flex_plain.csv"),
];

/// Reads a file to its end. Each row and fault is on a line of the file, and none goes back.
fn read_to_the_end(format: Format, mapping: Option<&Mapping>, file: &[u8]) {
    let lines = file.split(|byte| matches!(byte, b'\r' | b'\n')).count() as u64;
    let Ok(rows) = read(format, mapping, Cursor::new(file)) else {
        return;
    };
    let mut last = 1;
    for row in rows {
        let line = match &row {
            Ok(row) => row.line,
            Err(fault) => fault.line,
        };
        assert!(
            (last..=lines.max(1)).contains(&line),
            "{row:?} after line {last} of {lines}"
        );
        last = line;
        if let Ok(row) = row {
            assert!(!row.quantity.is_sign_negative() || row.quantity.is_zero());
            assert!(
                row.fee >= rust_decimal::Decimal::ZERO && row.tax >= rust_decimal::Decimal::ZERO
            );
            assert_eq!(row, row.clone());
        }
    }
}

fn mappings() -> [Option<Mapping>; 2] {
    let mapping = "encoding = \"windows-1252\"\ndecimal_mark = \".\"\ndate_format = \"DD/MM/YYYY\"\n\
        amount_is = \"gross\"\ncost_sign = \"negative\"\n[constants]\ncurrency = \"EUR\"\ntype = \"buy\"";
    [None, Some(mapping.parse().unwrap())]
}

/// What files of transactions are made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "Date",
        "Type",
        "Symbol",
        "Amount",
        "Currency",
        "Quantity",
        "Price",
        "Fee",
        "Split ratio",
        "ISIN",
        "Buy",
        "Sell",
        "Dividend",
        "Split",
        "Fee",
        "EUR",
        "2024-01-02",
        "01/02/2024",
        "31.12.2024",
        "20240102",
        "1,234",
        "1.234,56",
        "(5)",
        "-",
        "--1",
        "1e9",
        "10:1",
        "99999999999999999999999999999",
        "HEADER",
        "DATA",
        "TRNT",
        "CTRN",
        "BOS",
        "EOF",
        "{\"activities\":[",
        "{\"assetProfiles\":[{\"symbol\":\"x\"}],",
        "\"type\":\"BUY\",",
        "\"quantity\":1e-30,",
        "\"fee\":-0,",
        "\"date\":\"2024-01-02\"",
        "ClientAccountID",
        "CurrencyPrimary",
        "Buy/Sell",
        "TradePrice",
        "{",
        "}",
        "[",
        "]",
        "null",
        "\u{feff}",
        "ü",
        "−5",
        "€",
    ];
    const MARKS: &[&str] = &[
        ",", ";", "\t", "|", "\n", "\r\n", "\r", "\"", "\\", " ", ":", "\0",
    ];
    prop_oneof![
        3 => prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        3 => prop::sample::select(MARKS).prop_map(|mark| mark.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        for mapping in mappings() {
            for format in Format::ALL {
                read_to_the_end(format, mapping.as_ref(), &bytes);
            }
        }
    }

    #[test]
    fn any_pieces_are_read_or_refused(pieces in vec(piece(), 0..80)) {
        for mapping in mappings() {
            for format in Format::ALL {
                read_to_the_end(format, mapping.as_ref(), &pieces.concat());
            }
        }
    }

    #[test]
    fn spoilt_samples_are_read_or_refused(
        which in any::<Index>(),
        changes in vec((any::<Index>(), piece(), 0_usize..8), 1..12),
    ) {
        let (format, name) = SAMPLES[which.index(SAMPLES.len())];
        let mut file = sample(name);
        for (place, put, taken) in changes {
            let from = place.index(file.len() + 1);
            let to = (from + taken).min(file.len());
            file.splice(from..to, put);
        }
        read_to_the_end(format, None, &file);
    }

    #[test]
    fn any_text_is_a_mapping_or_none(text in "[a-z_.= \"\\[\\]\n#;,]{0,80}") {
        let _ = text.parse::<Mapping>();
    }
}
