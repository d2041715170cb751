//! Ledgers that an import refuses, and what it says.

use books::{
    Change, Error,
    import::{self, LedgerImport},
};
use entity::books::portfolio;
use identity::Ctx;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::{
    imports::{FIRST, GROWN},
    setup::{Source, date, import, latest, request},
};

async fn refused(ctx: &Ctx, text: &str) -> Error {
    import(ctx, &Source::parse(text), request("P"))
        .await
        .unwrap_err()
}

fn assert_changed(error: &Error, on: &str, of: Option<&str>, what: Change) {
    let Error::LedgerChanged {
        date: found,
        narration,
        change,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (*found, narration.as_deref(), *change),
        (date(on), of, what),
        "{error}"
    );
}

testkit::on_both_engines! {
    async fn a_ledger_that_lost_or_changed_a_transaction(db) {
        let ctx = db.ctx().await;
        let whole = format!("{FIRST}{GROWN}");
        import(&ctx, &Source::parse(&whole), request("P")).await.unwrap();
        let before = latest(&ctx, "P").await;

        let lost = refused(&ctx, FIRST).await;
        assert_changed(&lost, "2020-03-01", Some("twelve go"), Change::Gone);
        let edited = refused(&ctx, &whole.replace("12.5 USD", "13.5 USD")).await;
        assert_changed(&edited, "2020-02-01", Some("income"), Change::Gone);
        assert_eq!(
            edited.to_string(),
            "the ledger does not hold any more what was imported into `P`: the transaction of \
             2020-02-01 “income” is gone or was changed; restore it in the ledger, or import the \
             ledger into a new portfolio"
        );
        let rebooked = refused(&ctx, &whole.replace("\"FIFO\"", "\"LIFO\"")).await;
        assert_changed(&rebooked, "2020-03-01", Some("twelve go"), Change::Gone);
        assert_eq!(latest(&ctx, "P").await, before);
    }

    async fn the_same_ledger_seen_through_other_accounts(db) {
        let ctx = db.ctx().await;
        import(&ctx, &Source::parse(FIRST), request("P")).await.unwrap();
        let narrowed = ledger::parse("test.beancount", FIRST).unwrap();
        let narrowed = Source::of(narrowed, &["Assets:Cash"]);
        let error = import(&ctx, &narrowed, request("P")).await.unwrap_err();
        assert!(matches!(error, Error::LedgerChanged { .. }), "{error}");
        let widened = ledger::parse("test.beancount", FIRST).unwrap();
        let widened = Source::of(widened, &["Assets", "Equity"]);
        let error = import(&ctx, &widened, request("P")).await.unwrap_err();
        assert!(matches!(error, Error::LedgerChanged { .. }), "{error}");
    }

    async fn currencies_that_are_none(db) {
        let ctx = db.ctx().await;
        let text = r#"
option "operating_currency" "POINTS"
2020-01-01 open Assets:Cash
2020-01-01 open Equity:Opening
2020-01-02 * "points"
  Assets:Cash 10 POINTS
  Equity:Opening
2020-01-03 * "bought for points"
  Assets:Cash 10 NKE {2 BTC}
  Equity:Opening
"#;
        let error = refused(&ctx, text).await;
        let Error::Ledger(faults) = &error else { panic!("{error}") };
        let lines: Vec<u32> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [5, 8], "{error}");
        assert!(error.to_string().starts_with("test.beancount:5: POINTS is no currency of ISO 4217"));
        let portfolios = portfolio::Entity::find().count(ctx.database.reader()).await.unwrap();
        assert_eq!(portfolios, 0);
    }

    async fn a_security_that_is_priced_in_no_currency(db) {
        let ctx = db.ctx().await;
        let text = r#"
2020-01-01 open Assets:Things
2020-01-01 open Equity:Opening
2020-01-01 price THING 2 OTHERTHING
2020-01-02 * "found"
  Assets:Things 10 THING
  Assets:Things 1 USD
  Equity:Opening -10 THING
  Equity:Opening -1 USD
"#;
        let error = refused(&ctx, text).await;
        assert!(matches!(error, Error::Invalid { field: "/currency", .. }), "{error}");
        assert!(error.to_string().contains("THING in OTHERTHING"), "{error}");
        let source = Source::parse(text);
        let (ledger, view) = (&source.ledger, &source.view);
        let reader = ctx.database.reader();
        let preview = import::preview_ledger(&ctx, reader, ledger, view, &request("P")).await;
        assert!(matches!(preview, Err(Error::Invalid { field: "/currency", .. })));
    }

    async fn text_that_no_database_holds(db) {
        let ctx = db.ctx().await;
        let error = refused(&ctx, &FIRST.replace("put in", "put\0in")).await;
        let Error::Ledger(faults) = &error else { panic!("{error}") };
        assert_eq!(faults.len(), 1, "{error}");
        assert!(error.to_string().contains("the character NUL"), "{error}");
    }

    async fn a_base_currency_that_is_not_the_portfolios(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(FIRST);
        let asked =
            |code: &str| LedgerImport { base_currency: Some(code.to_owned()), ..request("P") };
        let unknown = import(&ctx, &source, asked("usd")).await.unwrap_err();
        assert!(matches!(unknown, Error::Invalid { field: "/base_currency", .. }), "{unknown}");
        import(&ctx, &source, asked("CAD")).await.unwrap();
        import(&ctx, &source, request("P")).await.unwrap();
        let other = import(&ctx, &source, asked("USD")).await.unwrap_err();
        assert!(matches!(other, Error::Invalid { field: "/base_currency", .. }), "{other}");
        let name = import(&ctx, &source, request("")).await.unwrap_err();
        assert!(matches!(name, Error::Invalid { field: "/name", .. }), "{name}");
    }

    async fn a_ledger_without_any_currency(db) {
        let ctx = db.ctx().await;
        let text = "2020-01-01 open Assets:Cash\n";
        let error = refused(&ctx, text).await;
        assert!(matches!(error, Error::Invalid { field: "/base_currency", .. }), "{error}");
        let asked = LedgerImport { base_currency: Some("EUR".to_owned()), ..request("P") };
        let report = import(&ctx, &Source::parse(text), asked).await.unwrap();
        assert_eq!((report.transactions, report.books_revision), (0, 0));
        assert!(latest(&ctx, "P").await.cash.is_empty());
    }
}
