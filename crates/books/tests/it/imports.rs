//! What an import writes, and what it leaves alone.

use books::{
    Error,
    holdings::{AsOf, holdings},
    import::{self, ImportReport},
    portfolios,
};
use entity::{
    books::{cash_flow, import as import_row, lot, lot_closure, portfolio, security, transaction},
    values::{ImportStatus, LotMethod, SecurityKind},
};
use identity::Ctx;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::setup::{Source, another_owner, date, import, latest, request, write};

pub const FIRST: &str = r#"
option "operating_currency" "USD"
2020-01-01 open Assets:Cash
2020-01-01 open Assets:Stock "FIFO"
2020-01-01 open Equity:Opening
2020-01-01 open Income:Dividends
2020-01-01 open Income:Gains
2020-01-01 open Expenses:Fees
2020-01-01 commodity NKE
  name: "Nike"
  kind: "Stock"
  sector: "Consumer"
2020-01-01 * "Bank" "put in"
  Assets:Cash 10000 USD
  Equity:Opening
2020-01-02 * "ten"
  Assets:Stock 10 NKE {100 USD}
  Expenses:Fees 5 USD
  Assets:Cash
2020-01-03 * "five"
  Assets:Stock 5 NKE {110 USD}
  Assets:Cash
2020-02-01 * "income"
  Assets:Cash 12.5 USD
  Income:Dividends
"#;

pub const GROWN: &str = r#"
2020-03-01 * "twelve go"
  Assets:Stock -12 NKE {} @ 120 USD
  Assets:Cash 1440 USD
  Income:Gains
2020-03-02 * "three"
  Assets:Stock 3 NKE {90 USD}
  Assets:Cash
"#;

fn grown() -> Source {
    Source::parse(&format!("{FIRST}{GROWN}"))
}

/// Rows of every table that an import writes.
async fn row_counts(ctx: &Ctx) -> [u64; 6] {
    let reader = ctx.database.reader();
    [
        portfolio::Entity::find().count(reader).await.unwrap(),
        transaction::Entity::find().count(reader).await.unwrap(),
        lot::Entity::find().count(reader).await.unwrap(),
        lot_closure::Entity::find().count(reader).await.unwrap(),
        cash_flow::Entity::find().count(reader).await.unwrap(),
        import_row::Entity::find().count(reader).await.unwrap(),
    ]
}

fn new_rows(report: &ImportReport) -> [usize; 4] {
    [
        report.transactions,
        report.lots,
        report.closures,
        report.cash_flows,
    ]
}

testkit::on_both_engines! {
    async fn a_first_import_makes_the_portfolio_and_all_rows(db) {
        let ctx = db.ctx().await;
        let mut wanted = request("Stocks");
        wanted.ledger_commit_hash = Some("0123abcd".to_owned());
        let report = import(&ctx, &Source::parse(FIRST), wanted).await.unwrap();
        assert_eq!(new_rows(&report), [4, 2, 0, 2]);
        assert_eq!((report.securities, report.already_present, report.books_revision), (1, 0, 1));
        assert_eq!((report.base_currency.as_str(), report.warnings.len()), ("USD", 0));
        assert_eq!(row_counts(&ctx).await, [1, 4, 2, 0, 2, 1]);

        let reader = ctx.database.reader();
        let made = portfolios::find(&ctx, reader, report.portfolio_id.unwrap()).await.unwrap();
        assert_eq!((made.name.as_str(), made.books_revision), ("Stocks", 1));
        assert_eq!(made.lot_method, LotMethod::Specific);
        let nike = security::Entity::find().one(reader).await.unwrap().unwrap();
        assert_eq!((nike.name.as_str(), nike.kind), ("Nike", SecurityKind::Equity));
        assert_eq!((nike.currency.as_str(), nike.sector.as_deref()), ("USD", Some("Consumer")));
        for row in transaction::Entity::find().all(reader).await.unwrap() {
            assert_eq!(row.ledger_commit_hash.as_deref(), Some("0123abcd"));
            assert_eq!(row.books_revision, 1);
        }
        let row = import_row::Entity::find().one(reader).await.unwrap().unwrap();
        assert_eq!(Some(row.id), report.import_id);
        assert_eq!((row.file_hash.as_str(), row.status), ("sha256:00", ImportStatus::Committed));
        assert_eq!(row.counts["transactions"], 4);
    }

    async fn the_identical_ledger_changes_nothing(db) {
        let ctx = db.ctx().await;
        let source = grown();
        let first = import(&ctx, &source, request("P")).await.unwrap();
        let before = (row_counts(&ctx).await, latest(&ctx, "P").await);
        let again = import(&ctx, &source, request("P")).await.unwrap();
        assert_eq!(new_rows(&again), [0; 4]);
        assert_eq!((again.import_id, again.books_revision), (None, 1));
        assert_eq!(again.already_present, first.transactions);
        assert_eq!((row_counts(&ctx).await, latest(&ctx, "P").await), before);
    }

    async fn a_grown_ledger_adds_what_is_new_under_one_revision(db) {
        let ctx = db.ctx().await;
        import(&ctx, &Source::parse(FIRST), request("P")).await.unwrap();
        let before = latest(&ctx, "P").await;
        let report = import(&ctx, &grown(), request("P")).await.unwrap();
        assert_eq!(new_rows(&report), [2, 1, 2, 0]);
        assert_eq!((report.already_present, report.books_revision), (4, 2));

        let reader = ctx.database.reader();
        let mut lots = lot::Entity::find().all(reader).await.unwrap();
        lots.sort_by_key(|lot| lot.acquired_on);
        let state: Vec<_> = lots
            .iter()
            .map(|lot| (lot.quantity_open.to_string(), lot.closed_on, lot.books_revision))
            .collect();
        let closed = Some(date("2020-03-01"));
        assert_eq!(
            state,
            [("0".to_owned(), closed, 1), ("3".to_owned(), None, 1), ("3".to_owned(), None, 2)]
        );

        let portfolio = portfolios::find_by_name(&ctx, reader, "P").await.unwrap();
        assert!(portfolio.updated_at > portfolio.created_at);
        let known_before = AsOf { date: date("2020-12-31"), revision: Some(1) };
        let then = holdings(&ctx, reader, &portfolio, known_before).await.unwrap();
        assert_eq!((then.securities, then.cash), (before.securities, before.cash));
        assert_eq!(then.books_revision, 1);
    }

    async fn a_preview_counts_the_same_and_writes_nothing(db) {
        let ctx = db.ctx().await;
        let (first, grown) = (Source::parse(FIRST), grown());
        let nothing = row_counts(&ctx).await;
        let reader = ctx.database.reader();
        let asked = request("P");
        let preview = import::preview_ledger(&ctx, reader, &first.ledger, &first.view, &asked);
        let preview = preview.await.unwrap();
        assert_eq!((preview.portfolio_id, preview.import_id), (None, None));
        assert_eq!(row_counts(&ctx).await, nothing);
        let done = import(&ctx, &first, asked.clone()).await.unwrap();
        let ids = |report| ImportReport { import_id: None, portfolio_id: None, ..report };
        assert_eq!(preview, ids(done));

        let before = row_counts(&ctx).await;
        let preview = import::preview_ledger(&ctx, reader, &grown.ledger, &grown.view, &asked);
        let preview = preview.await.unwrap();
        assert_eq!(row_counts(&ctx).await, before);
        assert_eq!(ids(preview), ids(import(&ctx, &grown, asked).await.unwrap()));
    }

    async fn what_fails_after_the_import_leaves_nothing_of_it(db) {
        let ctx = db.ctx().await;
        let source = grown();
        let failed = write(&ctx, move |ctx, tx| async move {
            let (ledger, view) = (&source.ledger, &source.view);
            let done = import::import_ledger(&ctx, &tx, ledger, view, request("P")).await?;
            assert_eq!(done.transactions, 6);
            Err::<(), _>(Error::Changed)
        });
        assert!(matches!(failed.await, Err(Error::Changed)));
        assert_eq!(row_counts(&ctx).await, [0; 6]);
        let securities = security::Entity::find().count(ctx.database.reader()).await.unwrap();
        assert_eq!(securities, 0);
    }

    async fn a_deleted_portfolio_leaves_nothing_but_the_securities(db) {
        let ctx = db.ctx().await;
        let other = another_owner(&ctx).await;
        import(&other, &grown(), request("P")).await.unwrap();
        let of_the_other = row_counts(&ctx).await;
        let id = import(&ctx, &grown(), request("P")).await.unwrap().portfolio_id.unwrap();
        let taken = write(&other, move |ctx, tx| async move {
            portfolios::delete(&ctx, &tx, id, None).await
        });
        assert!(matches!(taken.await, Err(Error::PortfolioNotFound { .. })));
        write(&ctx, move |ctx, tx| async move { portfolios::delete(&ctx, &tx, id, None).await })
            .await
            .unwrap();
        assert_eq!(row_counts(&ctx).await, of_the_other);
        assert_eq!(security::Entity::find().count(ctx.database.reader()).await.unwrap(), 1);
    }

    async fn owners_import_the_same_ledger_side_by_side(db) {
        let ctx = db.ctx().await;
        let other = another_owner(&ctx).await;
        let mine = import(&ctx, &grown(), request("P")).await.unwrap();
        let theirs = import(&other, &grown(), request("P")).await.unwrap();
        assert_eq!(new_rows(&mine), new_rows(&theirs));
        assert_eq!((mine.securities, theirs.securities), (1, 0));
        assert_eq!(latest(&ctx, "P").await, latest(&other, "P").await);
    }

    async fn two_imports_at_once_do_not_double_a_row(db) {
        let ctx = db.ctx().await;
        import(&ctx, &Source::parse(FIRST), request("P")).await.unwrap();
        let source = grown();
        let (one, two) = tokio::join!(
            import(&ctx, &source, request("P")),
            import(&ctx, &source, request("P")),
        );
        let written = one.unwrap().transactions + two.unwrap().transactions;
        assert_eq!((written, row_counts(&ctx).await), (2, [1, 6, 3, 2, 2, 2]));
    }

    async fn two_first_imports_at_once_make_one_portfolio(db) {
        let ctx = db.ctx().await;
        let source = grown();
        let (one, two) = tokio::join!(
            import(&ctx, &source, request("P")),
            import(&ctx, &source, request("P")),
        );
        let mut written = 0;
        for outcome in [one, two] {
            match outcome {
                Ok(report) => written += report.transactions,
                Err(error) => assert!(matches!(error, Error::Changed), "{error}"),
            }
        }
        assert_eq!((written, row_counts(&ctx).await), (6, [1, 6, 3, 2, 2, 1]));
    }

    async fn two_owners_may_register_a_security_at_once(db) {
        let ctx = db.ctx().await;
        let other = another_owner(&ctx).await;
        let source = grown();
        let (one, two) = tokio::join!(
            import(&ctx, &source, request("P")),
            import(&other, &source, request("P")),
        );
        assert_eq!((one.unwrap().transactions, two.unwrap().transactions), (6, 6));
        assert_eq!(security::Entity::find().count(ctx.database.reader()).await.unwrap(), 1);
        assert_eq!(latest(&ctx, "P").await, latest(&other, "P").await);
    }
}
