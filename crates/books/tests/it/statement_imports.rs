//! Files of transactions into the books: whole, known again, and by their lines where they are wrong.

use std::{fs, io::Cursor, path::Path};

use books::{
    Error,
    import::{
        ImportReport,
        statement::{Statement, import_statement},
    },
    statements::{Format, Mapping},
};
use entity::{
    books::transaction,
    values::{LotMethod, PortfolioId},
};
use identity::Ctx;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    recording::{portfolio_by, voided},
    setup::{latest, write},
};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/statements");

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(SAMPLES).join(name)).unwrap()
}

/// Without the lines that hold one of some words; the word `none` is in no sample.
fn without(text: &str, words: &str) -> String {
    let is_wrong = |line: &&str| words.split('|').any(|word| line.contains(word));
    let lines = text.lines().filter(|line| !is_wrong(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    // The last of a JSON list has no comma behind it.
    format!("{}\n", text.replace("},\n  ]", "}\n  ]"))
}

fn read(format: Format, text: &str, mapping: Option<&Mapping>) -> Statement {
    let statement = Statement::read(format, mapping, Cursor::new(text.to_owned()));
    statement.unwrap_or_else(|error| panic!("{error}"))
}

async fn import(
    ctx: &Ctx,
    portfolio: PortfolioId,
    statement: &Statement,
) -> Result<ImportReport, Error> {
    let statement = statement.clone();
    write(ctx, move |ctx, tx| async move {
        import_statement(&ctx, &tx, portfolio, &statement).await
    })
    .await
}

testkit::on_both_engines! {
    async fn each_sample_is_imported_and_again_changes_nothing(db) {
        let ctx = db.ctx().await;
        let mapping: Mapping = sample("mapping.toml").parse().unwrap();
        // The samples hold rows that no portfolio takes, for the tests of their faults.
        for (number, (format, file, mapping, wrong)) in [
            (Format::Csv, "broker.csv", None, "none"),
            (Format::Csv, "us_broker.csv", None, "Stock Split|Return of capital"),
            (Format::Csv, "mapped.csv", Some(&mapping), "none"),
            (Format::GhostfolioJson, "ghostfolio.json", None, "LIABILITY"),
            (Format::GhostfolioCsv, "ghostfolio.csv", None, "item"),
            (Format::PortfolioPerformance, "portfolio_performance_depot.csv", None, "none"),
            (Format::PortfolioPerformance, "portfolio_performance_account.csv", None, "none"),
            (Format::Wealthfolio, "wealthfolio.csv", None, "SPLIT|CREDIT|DRIP|ADJUSTMENT|UNKNOWN"),
            (Format::InteractiveBrokersFlex, "flex_plain.csv", None, "none"),
            (Format::InteractiveBrokersFlex, "flex_marked.csv", None, "EUR.USD|NVDA SPLIT"),
        ].into_iter().enumerate() {
            let text = without(&sample(file), wrong);
            let new = books::portfolios::NewPortfolio {
                // The samples sell what was bought before they begin.
                allows_shorts: true,
                ..crate::setup::new_portfolio(&format!("P{number}"))
            };
            let portfolio = write(&ctx, |ctx, tx| async move {
                books::portfolios::create(&ctx, &tx, new).await
            }).await.unwrap().id;
            let statement = read(format, &text, mapping);
            let first = import(&ctx, portfolio, &statement).await
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(first.transactions > 0 && first.import_id.is_some(), "{file}");
            assert_eq!((first.already_present, first.books_revision), (0, 1), "{file}");
            let again = import(&ctx, portfolio, &statement).await.unwrap();
            assert_eq!(again.already_present, first.transactions, "{file}");
            assert_eq!((again.transactions, again.import_id, again.books_revision), (0, None, 1));
        }
    }

    async fn what_has_grown_adds_what_is_new_and_equal_rows_are_two(db) {
        let ctx = db.ctx().await;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let header = "date,type,symbol,quantity,price,fee,amount,currency\n";
        let rows = [
            "2024-01-02,deposit,,,,,1000,USD",
            "2024-01-03,buy,NKE,10,20,1,,USD",
            "2024-01-03,buy,NKE,10,20,1,,USD",
            "2024-03-01,sell,NKE,4,30,1,,USD",
        ];
        let of = |rows: &[&str]| read(Format::Csv, &format!("{header}{}\n", rows.join("\n")), None);
        let first = import(&ctx, portfolio, &of(&rows[..2])).await.unwrap();
        assert_eq!((first.transactions, first.securities), (2, 1));
        let mut newest_first = rows.to_vec();
        newest_first.reverse();
        let second = import(&ctx, portfolio, &of(&newest_first)).await.unwrap();
        assert_eq!((second.transactions, second.already_present), (2, 2));
        assert_eq!((second.lots, second.closures, second.securities), (1, 1, 0));
        let held = latest(&ctx, "P").await;
        assert_eq!(held.securities[0].quantity.to_string(), "16");
        assert_eq!(held.cash[0].amount.to_string(), "717");

        // What was taken out by hand is not brought back.
        let sold = transaction::Entity::find().all(ctx.database.reader()).await.unwrap();
        let sold = sold.iter().find(|row| row.kind.as_str() == "sell").unwrap().id;
        voided(&ctx, portfolio, sold).await.unwrap();
        let third = import(&ctx, portfolio, &of(&newest_first)).await.unwrap();
        assert_eq!((third.transactions, third.already_present), (0, 4));
    }

    async fn a_line_that_is_wrong_is_named_and_nothing_is_imported(db) {
        let ctx = db.ctx().await;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let text = "date,type,symbol,quantity,price,currency\n\
            2024-01-03,buy,NKE,10,20,USD\n2024-01-04,sell,NKE,11,20,USD\n";
        let refused = import(&ctx, portfolio, &read(Format::Csv, text, None)).await.unwrap_err();
        let Error::StatementRows(faults) = refused else { panic!("{refused}") };
        assert_eq!((faults.len(), faults[0].line), (1, 3));
        assert!(faults[0].detail.contains("11 units where 10 are held"), "{}", faults[0].detail);
        let rows = transaction::Entity::find().count(ctx.database.reader()).await.unwrap();
        assert_eq!(rows, 0);

        let text = "date,type,symbol,quantity,price,currency\n\
            2024-01-03,buy,NKE,ten,20,USD\n2024-13-04,sell,NKE,11,20,USD\n";
        let refused = Statement::read(Format::Csv, None, Cursor::new(text));
        let lines: Vec<u64> = match refused {
            Err(Error::StatementRows(faults)) => faults.iter().map(|fault| fault.line).collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!(lines, [2, 3]);
    }
}
