//! Files of transactions into the books: whole, known again, and by their lines where they are wrong.

use std::{fs, path::Path, sync::Arc};

use books::{
    Error,
    import::{
        ImportReport,
        statement::{Source, Statement, import_statement},
    },
    statements::{Format, Mapping},
};
use entity::{
    books::{lot_closure, transaction},
    values::{LotMethod, PortfolioId},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

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

fn text_of(text: &str) -> Source {
    Source::Text(Arc::new(text.to_owned()))
}

fn read(format: Format, file: &str, mapping: Option<&Mapping>) -> Arc<Statement> {
    let statement = Statement::read(format, mapping.cloned(), text_of(file));
    Arc::new(statement.unwrap_or_else(|error| panic!("{error}")))
}

async fn import(
    ctx: &Ctx,
    portfolio: PortfolioId,
    statement: &Arc<Statement>,
) -> Result<ImportReport, Error> {
    let statement = Arc::clone(statement);
    write(ctx, move |ctx, tx| async move {
        import_statement(&ctx, &tx, portfolio, &statement, &|_| {}).await
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

    async fn a_long_file_is_the_same_from_its_newest_row_on_and_from_its_oldest(db) {
        let ctx = db.ctx().await;
        // Of each day's rows the first must be booked first; equal rows are among them.
        let mut rows: Vec<String> = (0..2_700).map(|number| {
            let (day, symbol) = (1 + number / 100, ["NKE", "AAPL", "GLD"][number % 3]);
            if number % 2 == 0 || number < 6 {
                format!("2024-01-{day:02},buy,{symbol},3,{},USD", 20 + number % 5)
            } else {
                format!("2024-01-{day:02},sell,{symbol},2,{},USD", 21 + number % 7)
            }
        }).collect();
        let file = |rows: &[String]| format!("date,type,symbol,quantity,price,currency\n{}\n", rows.join("\n"));
        let oldest_first = file(&rows);
        rows.reverse();
        let mut imported = Vec::new();
        for (name, text) in [("oldest", oldest_first), ("newest", file(&rows))] {
            let portfolio = write(&ctx, move |ctx, tx| async move {
                books::portfolios::create(&ctx, &tx, crate::setup::new_portfolio(name)).await
            }).await.unwrap().id;
            let statement = read(Format::Csv, &text, None);
            let report = import(&ctx, portfolio, &statement).await.unwrap();
            assert_eq!((report.transactions, report.already_present), (2_700, 0));
            let again = import(&ctx, portfolio, &statement).await.unwrap();
            assert_eq!((again.transactions, again.already_present), (0, 2_700));
            let mut transactions = transaction::Entity::find()
                .filter(transaction::Column::PortfolioId.eq(portfolio))
                .order_by_asc(transaction::Column::TradeDate)
                .order_by_asc(transaction::Column::Id)
                .all(ctx.database.reader()).await.unwrap();
            assert!(transactions.is_sorted_by_key(|row| row.sequence));
            let written: Vec<_> = transactions.drain(..)
                .map(|row| (row.trade_date, row.quantity, row.amount, row.external_id)).collect();
            let closures = lot_closure::Entity::find()
                .filter(lot_closure::Column::PortfolioId.eq(portfolio))
                .order_by_asc(lot_closure::Column::Id)
                .all(ctx.database.reader()).await.unwrap();
            let mut gains: Vec<_> = closures.into_iter()
                .map(|row| (row.closed_on, row.quantity, row.cost_basis, row.realized_gain)).collect();
            gains.sort_unstable();
            imported.push((written, gains, report.lots, report.closures));
        }
        assert_eq!(imported[0], imported[1]);
        assert!(imported[0].3 > 1_000);
    }

    async fn a_line_far_into_a_file_is_named_in_either_order(db) {
        let ctx = db.ctx().await;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let mut rows: Vec<String> = (0..1_500)
            .map(|number| format!("2024-02-{:02},deposit,,,,{},USD", 1 + number / 60, number + 1))
            .collect();
        "2024-02-21,sell,NKE,1,20,,USD".clone_into(&mut rows[1_200]);
        for line in [1_202, 301] {
            let text = format!("date,type,symbol,quantity,price,amount,currency\n{}\n", rows.join("\n"));
            let refused = import(&ctx, portfolio, &read(Format::Csv, &text, None)).await.unwrap_err();
            let Error::StatementRows(faults) = refused else { panic!("{refused}") };
            assert_eq!((faults.len(), faults[0].line), (1, line));
            rows.reverse();
        }
    }

    async fn a_file_that_changes_while_it_is_imported_is_refused(db) {
        let ctx = db.ctx().await;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.csv");
        let file = |amount: &str| {
            let text = format!("date,type,amount,currency\n2024-01-02,deposit,{amount},USD\n");
            fs::write(&path, text).unwrap();
        };
        file("1000");
        let source = Source::File(fs::File::open(&path).unwrap());
        let statement = Arc::new(Statement::read(Format::Csv, None, source).unwrap());
        file("9000");
        let refused = import(&ctx, portfolio, &statement).await.unwrap_err();
        assert!(refused.to_string().contains("has changed"), "{refused}");
        file("1000");
        assert_eq!(import(&ctx, portfolio, &statement).await.unwrap().transactions, 1);
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
        let refused = Statement::read(Format::Csv, None, text_of(text));
        let lines: Vec<u64> = match refused {
            Err(Error::StatementRows(faults)) => faults.iter().map(|fault| fault.line).collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!(lines, [2, 3]);
    }
}
