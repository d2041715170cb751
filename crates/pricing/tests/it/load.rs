use std::io::{self, Read};

use entity::values::PriceAdjustment;
use identity::Ctx;
use pricing::{Error, RowError, load::Format, packs, page::Page};

use crate::{add_securities, load_fx_rates, load_prices, new_pack};

const PACK: &str = "PP_2025-10-21";

async fn prepare(db: &testkit::TestDatabase) -> Ctx {
    let ctx = db.ctx().await;
    add_securities(
        &ctx,
        &[
            ("AAPL", "USD"),
            ("CNR", "CAD"),
            ("NKE", "USD"),
            ("BAM", "CAD"),
        ],
    )
    .await;
    new_pack(&ctx, "2025-10-21").await;
    ctx
}

async fn rows(ctx: &Ctx) -> usize {
    packs::verify(ctx, ctx.database.reader(), PACK)
        .await
        .unwrap()
        .rows
}

fn faults<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Vec<String> {
    match outcome {
        Err(Error::BadRows(rows)) => rows.iter().map(RowError::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

testkit::on_both_engines! {
    async fn a_csv_file_is_loaded_with_marks_line_ends_and_columns_in_any_order(db) {
        let ctx = prepare(&db).await;
        let file = "\u{feff}currency,symbol,close,volume,source,adjustment,open\r\n\
            USD,AAPL,0150.10,1200,\"a \"\"vendor\"\", GmbH\",split,149\r\n\r\n\
            CAD,CNR,160,,,,\r\n";
        assert_eq!(load_prices(&ctx, PACK, Format::Csv, file).await.unwrap(), 2);
        let page = Page {
            after: None,
            limit: 10,
        };
        let listed = packs::prices(&ctx, ctx.database.reader(), PACK, &page)
            .await
            .unwrap()
            .items;
        let [apple, canadian] = listed.as_slice() else {
            panic!("{listed:?}")
        };
        assert_eq!(
            (apple.close.to_string(), apple.source.as_str()),
            ("150.1".to_owned(), "a \"vendor\", GmbH")
        );
        assert_eq!(
            apple.open.map(|open| open.to_string()),
            Some("149".to_owned())
        );
        assert_eq!(apple.adjustment, PriceAdjustment::Split);
        assert_eq!(
            (canadian.volume, canadian.source.as_str()),
            (None, "import")
        );
        assert_eq!(canadian.adjustment, PriceAdjustment::Raw);
    }

    async fn json_lines_are_loaded_with_a_mark_and_blank_lines(db) {
        let ctx = prepare(&db).await;
        let file = "\u{feff}\
            {\"symbol\":\"AAPL\",\"close\":\"150\",\"currency\":\"USD\",\"high\":null}\r\n\n  \n\
            {\"symbol\":\"CNR\",\"close\":\"1\",\"currency\":\"CAD\",\"source\":\"tsx\\u2028\"}";
        assert_eq!(
            load_prices(&ctx, PACK, Format::Ndjson, file).await.unwrap(),
            2
        );
        let rates = "{\"base\":\"USD\",\"quote\":\"CAD\",\"rate\":\"1.3712\"}\n";
        assert_eq!(
            load_fx_rates(&ctx, PACK, Format::Ndjson, rates)
                .await
                .unwrap(),
            1
        );
        assert_eq!(rows(&ctx).await, 3);
    }

    async fn every_bad_price_is_named_with_its_line_and_nothing_is_loaded(db) {
        let ctx = prepare(&db).await;
        load_prices(
            &ctx,
            PACK,
            Format::Csv,
            "symbol,close,currency\nBAM,50,CAD\n",
        )
        .await
        .unwrap();
        let file = "symbol,close,currency,volume,adjustment\r\n\
            AAPL,150,USD,,\r\n\
            AAPL,151,USD,,\r\n\
            CNR,0,CAD,,\r\n\
            \r\n\
            NKE,-1,CAD,-5,adjusted\r\n\
            NOPE,1e5,XX,,\r\n\
            BAM,5,CAD,,\r\n\
            CNR,\"1\r\n2\",CAD,,\r\n\
            CNR,1\r\n\
            ,,,,\r\n";
        assert_eq!(
            faults(load_prices(&ctx, PACK, Format::Csv, file).await),
            [
                "line 3: symbol: `AAPL` has a price on line 2 already",
                "line 4: close: `0` is not greater than zero",
                "line 6: currency: `NKE` is priced in USD, its security's currency, not in CAD",
                "line 6: close: `-1` is not greater than zero",
                "line 6: volume: `-5` is negative",
                "line 6: adjustment: `adjusted` is not one of raw, split, total_return",
                "line 7: symbol: unknown security `NOPE`: create it first (POST /v1/securities) or \
                 import the ledger that holds it",
                "line 7: currency: `XX` is not a currency of ISO 4217, such as USD",
                "line 7: close: `1e5` is not a decimal number of at most 28 digits",
                "line 8: symbol: the pack has a price of `BAM` already",
                "line 9: symbol: `CNR` has a price on line 4 already",
                "line 9: close: `1\r\n2` is not a decimal number of at most 28 digits",
                "line 11: the row has 2 fields, the header has 5",
                "line 12: symbol: unknown security ``: create it first (POST /v1/securities) or \
                 import the ledger that holds it",
                "line 12: currency: `` is not a currency of ISO 4217, such as USD",
                "line 12: close: `` is not a decimal number of at most 28 digits",
            ]
        );
        assert_eq!(rows(&ctx).await, 1);
    }

    async fn every_bad_rate_is_named_with_its_line(db) {
        let ctx = prepare(&db).await;
        let file = "base,quote,rate\n\
            USD,CAD,1.37\nUSD,CAD,1.38\nUSD,USD,1\nusd,CAD,1\nEUR,USD,0\nCAD,USD,0.7\n";
        assert_eq!(
            faults(load_fx_rates(&ctx, PACK, Format::Csv, file).await),
            [
                "line 3: quote: USD/CAD has a rate on line 2 already",
                "line 4: quote: a rate from USD to itself is always 1 and is not stored",
                "line 5: base: `usd` is not a currency of ISO 4217, such as USD",
                "line 6: rate: `0` is not greater than zero",
            ]
        );
        load_fx_rates(
            &ctx,
            PACK,
            Format::Csv,
            "base,quote,rate,source\nUSD,CAD,1.37,boc\n",
        )
        .await
        .unwrap();
        assert_eq!(
            faults(load_fx_rates(&ctx, PACK, Format::Csv, "base,quote,rate\nUSD,CAD,1.37\n").await),
            ["line 2: quote: the pack has a rate of USD/CAD already"]
        );
        assert_eq!(rows(&ctx).await, 1);
    }

    async fn json_of_another_shape_is_named_with_its_line(db) {
        let ctx = prepare(&db).await;
        let file = concat!(
            "{\"symbol\":\"AAPL\",\"close\":150.10,\"currency\":\"USD\"}\n",
            "{\"symbol\":\"AAPL\",\"close\":\"1\",\"currency\":\"USD\",\"colour\":\"red\"}\n",
            "{\"symbol\":\"AAPL\",\"currency\":\"USD\"}\n",
            "{\"symbol\":\"AAPL\",\"symbol\":\"NKE\",\"close\":\"1\",\"currency\":\"USD\"}\n",
            "[1]\n",
            "{\"symbol\":\"AAPL\"\n",
            "{\"symbol\":\"AAPL\",\"close\":\"1\",\"currency\":\"USD\",\"source\":\"a\\u0000\"}\n",
        );
        let faults = faults(load_prices(&ctx, PACK, Format::Ndjson, file).await);
        let expected = [
            (
                "line 1: column 31: invalid type: floating point `150.1`, expected a string",
                "\"123.45\"",
            ),
            (
                "line 2: column ",
                "unknown field `colour`, expected one of `symbol`",
            ),
            ("line 3: column ", "missing field `close`"),
            ("line 4: column ", "duplicate field `symbol`"),
            ("line 5: ", "the line is not a JSON object"),
            ("line 6: column ", "EOF while parsing"),
            ("line 7: source: ", "U+0000"),
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:#?}");
        for (fault, (start, part)) in faults.iter().zip(expected) {
            assert!(fault.starts_with(start) && fault.contains(part), "{fault}");
        }
    }

    async fn a_header_of_another_kind_is_refused(db) {
        let ctx = prepare(&db).await;
        for (file, expected) in [
            (
                "",
                "line 1: the file is empty; its first line must be symbol,close,currency",
            ),
            ("symbol,currency\n", "line 1: the column `close` is missing"),
            (
                "symbol,close,close,currency\n",
                "line 1: the column `close` stands twice",
            ),
            (
                "\n\nSymbol,symbol,close,currency\n",
                "line 3: unknown column `Symbol`; the columns are \
                symbol,close,currency,open,high,low,volume,source,adjustment",
            ),
        ] {
            assert_eq!(
                faults(load_prices(&ctx, PACK, Format::Csv, file).await),
                [expected]
            );
        }
        let latin1 = b"symbol,close,currency,source\nAAPL,1,USD,Z\xfcrich\n";
        let found = faults(load_prices(&ctx, PACK, Format::Csv, latin1).await);
        assert!(
            found[0].starts_with("line 2: column 4: invalid utf-8"),
            "{found:?}"
        );
        let header_alone = "symbol,close,currency";
        assert_eq!(
            load_prices(&ctx, PACK, Format::Csv, header_alone)
                .await
                .unwrap(),
            0
        );
    }

    async fn fifty_faults_are_reported_and_no_more(db) {
        let ctx = prepare(&db).await;
        let header = "symbol,close,currency\n".to_owned();
        let file = (0..2_000).fold(header, |file, number| file + &format!("X{number},0,USD\n"));
        let outcome = load_prices(&ctx, PACK, Format::Csv, file).await;
        let message = outcome.as_ref().unwrap_err().to_string();
        assert!(
            message.ends_with("(the first 50 faults; there may be more)"),
            "{message}"
        );
        let faults = faults(outcome);
        assert_eq!(faults.len(), 50);
        assert!(faults[49].starts_with("line 26: close"), "{}", faults[49]);
    }

    /// A quote left open, or a file without line ends, is not read into memory whole.
    async fn a_row_without_end_is_refused_early(db) {
        let ctx = prepare(&db).await;
        for (format, start) in [
            (
                Format::Csv,
                "symbol,close,currency\nAAPL,150,USD\nAAPL,\"150,USD\n",
            ),
            (
                Format::Ndjson,
                "{\"symbol\":\"AAPL\",\"close\":\"1\",\"currency\":\"USD\"}\n{\"symbol\":\"NKE",
            ),
        ] {
            let caller = ctx.clone();
            let endless = io::Cursor::new(start).chain(io::repeat(b'7'));
            let work =
                async |tx| pricing::load::prices(&caller, &tx, PACK, format, endless).await;
            let found = faults(ctx.database.write_without_retry(work).await);
            assert!(found[0].contains("longer than 64 KiB"), "{found:?}");
            assert_eq!(
                found[0].split(':').next(),
                Some(if format == Format::Csv {
                    "line 3"
                } else {
                    "line 2"
                })
            );
        }
    }

    async fn a_reader_that_fails_is_no_fault_of_a_row(db) {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let ctx = prepare(&db).await;
        for format in [Format::Csv, Format::Ndjson] {
            let caller = ctx.clone();
            let file = Broken;
            let work =
                async |tx| pricing::load::fx_rates(&caller, &tx, PACK, format, file).await;
            let outcome = ctx.database.write_without_retry(work).await;
            assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
        }
    }
}
