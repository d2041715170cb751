//! A pack that left its database, checked with none: by us, and by the checker in the documentation.

use pricing::{
    Error,
    content::{Exported, read_export},
    load::Format,
    packs,
};

use crate::{
    add_securities, load_fx_rates, load_prices, mark_error, mark_fresh, new_pack,
    python::check_pack,
};

const PRICES: &str = "symbol,close,currency,volume,source\n\
    AAPL,150.10,USD,1200,\"Zürich \"\"say\"\"\"\nCNR,160,CAD,,\nNKE,0.5,USD,,\n";
const RATES: &str = "base,quote,rate\nUSD,CAD,1.3712\nEUR,USD,1.0937\n";

fn hash_of(file: &[u8]) -> Result<Exported, Error> {
    read_export(file)
}

fn fault(file: &str) -> String {
    match read_export(file.as_bytes()) {
        Err(Error::NotAnExport(fault)) => fault.to_string(),
        other => panic!("{other:?}"),
    }
}

fn lines(rows: &[&str]) -> String {
    rows.iter().flat_map(|row| [row, "\n"]).collect()
}

const HEADER: &str = r#"{"asof":"2025-10-21","format":"1","kind":"pack","policy":"EOD"}"#;
const RATE: &str = r#"{"base":"USD","kind":"fx","quote":"CAD","rate":"1.3712","source":"boc"}"#;
const PRICE: &str =
    r#"{"close":"1.5","currency":"USD","kind":"price","source":"import","symbol":"NKE"}"#;

testkit::on_both_engines! {
    async fn an_exported_pack_is_proved_with_no_database_and_a_flipped_byte_is_found(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD"), ("NKE", "USD")]).await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        load_prices(&ctx, &pack.id, Format::Csv, PRICES).await.unwrap();
        load_fx_rates(&ctx, &pack.id, Format::Csv, RATES).await.unwrap();
        let reader = ctx.database.reader();
        let warming = packs::export(&ctx, reader, &pack.id).await.unwrap_err();
        assert!(matches!(warming, Error::StillWarming { .. }), "{warming}");
        let hash = mark_fresh(&ctx, &pack.id).await.unwrap().hash.unwrap();

        let rows = packs::export(&ctx, reader, &pack.id).await.unwrap();
        let rows: Vec<String> = rows.map(Result::unwrap).collect();
        let file = lines(&rows.iter().map(String::as_str).collect::<Vec<_>>()).into_bytes();
        let found = hash_of(&file).unwrap();
        assert_eq!((found.hash.as_str(), found.rows), (hash.as_str(), 5));
        assert_eq!((found.asof.as_str(), found.policy.as_str()), ("2025-10-21", "WM4PM_CAD"));
        let python = check_pack(&file, &[&hash]);
        if let Some(python) = &python {
            assert!(python.status.success(), "{python:?}");
            assert_eq!(String::from_utf8_lossy(&python.stdout).trim_end(), hash);
        }

        for (place, byte) in file.iter().enumerate() {
            let mut flipped = file.clone();
            flipped[place] = byte ^ 1;
            let is_found = hash_of(&flipped).map_or(true, |found| found.hash != hash);
            assert!(is_found, "byte {place} of {}", String::from_utf8_lossy(&flipped));
            if place % 29 == 3 && python.is_some() {
                let python = check_pack(&flipped, &[&hash]).unwrap();
                assert!(!python.status.success(), "byte {place}: {python:?}");
            }
        }
        for cut in [1, file.len() / 2, file.len() - 1] {
            assert!(hash_of(&file[..cut]).map_or(true, |found| found.hash != hash), "{cut}");
        }
    }

    async fn a_failed_pack_that_is_empty_is_exported_too(db) {
        let ctx = db.ctx().await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let failed = mark_error(&ctx, &pack.id, "no prices").await.unwrap();
        let rows = packs::export(&ctx, ctx.database.reader(), &pack.id).await.unwrap();
        let rows: Vec<String> = rows.map(Result::unwrap).collect();
        let found = hash_of(format!("{}\n", rows.join("\n")).as_bytes()).unwrap();
        assert_eq!((Some(found.hash), found.rows), (failed.hash, 0));
    }
}

#[test]
fn what_is_not_written_as_an_export_is_named_by_its_line() {
    assert!(read_export(lines(&[HEADER, RATE, PRICE]).as_bytes()).is_ok());
    for (rows, expected) in [
        (vec![], "line 1: the file is empty"),
        (
            vec![PRICE],
            "line 1: the first row must be the header of a pack",
        ),
        (vec![HEADER, HEADER], "line 2: there is a second header"),
        (
            vec![HEADER, PRICE, RATE],
            "line 3: the rows are not sorted, or one stands twice",
        ),
        (
            vec![HEADER, RATE, RATE],
            "line 3: the rows are not sorted, or one stands twice",
        ),
        (
            vec![&*HEADER.replace('1', "2").leak()],
            "line 1: the format is not 1, the one that is known here",
        ),
        (
            vec![HEADER, &*RATE.replace("1.3712", "1.37120").leak()],
            "line 2: rate: `1.37120` is not in its canonical form",
        ),
        (
            vec![HEADER, &*RATE.replace(",\"kind", ", \"kind").leak()],
            "line 2: the row is not in its canonical form",
        ),
        (
            vec![
                HEADER,
                &*RATE.replace("\"boc\"", "\"boc\",\"source\":\"boc\"").leak(),
            ],
            "line 2: the row is not in its canonical form",
        ),
        (
            vec![HEADER, &*RATE.replace("\"source\"", "\"sauce\"").leak()],
            "line 2: the row lacks `source`",
        ),
        (
            vec![
                HEADER,
                &*RATE
                    .replace("\"source\":", "\"open\":\"1\",\"source\":")
                    .leak(),
            ],
            "line 2: a row of the kind fx has no `open`",
        ),
        (
            vec![HEADER, &*RATE.replace("\"fx\"", "\"fix\"").leak()],
            "line 2: `fix` is no kind of row; there are pack, price and fx",
        ),
    ] {
        assert_eq!(fault(&lines(&rows)), expected);
    }
    assert_eq!(
        fault(HEADER),
        "line 1: the line has no end: the file was cut off"
    );
    let long = format!("{HEADER}\n{}\n", "x".repeat(1_100_000));
    assert_eq!(fault(&long), "line 2: the line is longer than 1 MiB");
    for text in ["\n", "[]\n", "{\"kind\":1}\n"] {
        assert!(fault(text).starts_with("line 1: the line is not a JSON object of strings"));
    }
}

/// What the documentation says of it.
#[test]
fn the_checker_is_short_and_needs_the_standard_library_alone() {
    let checker = include_str!("../../../../docs/check_pack.py");
    assert!(checker.lines().count() < 40);
    let imports: Vec<&str> = checker
        .lines()
        .filter(|line| line.starts_with("import ") || line.starts_with("from "))
        .collect();
    assert_eq!(imports, ["import hashlib, json, sys"]);
}
