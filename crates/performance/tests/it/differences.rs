//! Each kind of difference, made by hand.

use performance::reconciliation::DifferenceKind as Kind;
use testkit::on_both_engines;

use crate::setup::{BOOKS, PRICES, differences, error, first, kinds, outcome};

fn with(books: &str, prices: &str) -> String {
    format!("{books}{prices}")
}

/// The books of half an NKE, which makes half a cent of cash of a cent of cost.
fn half_at(cost: &str) -> String {
    let books = BOOKS.replace("10 NKE {50 USD}", &format!("0.5 NKE {{{cost} USD}}"));
    let paid: rust_decimal::Decimal = cost.parse().unwrap();
    let paid = paid / rust_decimal::Decimal::TWO;
    books.replace("-500 USD", &format!("-{paid} USD"))
}

on_both_engines! {
    async fn the_same_books_and_prices_pass_without_error(db) {
        let ctx = db.ctx().await;
        let same = with(BOOKS, PRICES);
        let row = outcome(&ctx, &same, &same).await;
        assert!(row.passed, "{row:#?}");
        assert_eq!(error(&row).as_deref(), Some("0"));
        assert_eq!((row.difference_count, first(&row)), (0, None));
        assert_eq!(row.left_out, serde_json::json!([]));
    }

    async fn a_quantity_differs_by_its_last_digit(db) {
        let ctx = db.ctx().await;
        let theirs = BOOKS.replace("10 NKE", "10.00000001 NKE").replace("-500 USD", "-500.0000005 USD");
        let row = outcome(&ctx, &with(BOOKS, PRICES), &with(&theirs, PRICES)).await;
        assert_eq!(kinds(&row), [Kind::Quantity]);
        let one = &differences(&row)[0];
        assert_eq!(one.security.as_deref(), Some("NKE"));
        assert_eq!((one.ours.as_deref(), one.ledger.as_deref()), (Some("10"), Some("10.00000001")));
        // 10^-8 of 10 is 10^-5 bp, rounded up.
        assert_eq!(error(&row).as_deref(), Some("0.0001"));
        assert!(!row.passed);
        let first = first(&row).unwrap();
        assert_eq!((first.kind, first.date.to_string()), (Kind::Quantity, "2024-01-03".to_owned()));
        assert_eq!(first.ours.unwrap().moved.quantity, "10");
        assert_eq!(first.ledger.unwrap().moved.quantity, "10.00000001");
    }

    async fn a_unit_may_cost_a_cent_more_or_less(db) {
        let ctx = db.ctx().await;
        let row = outcome(&ctx, &with(&half_at("50"), PRICES), &with(&half_at("50.009"), PRICES)).await;
        assert!(row.passed, "{row:#?}");
    }

    async fn a_unit_may_not_cost_more_than_a_cent_more(db) {
        let ctx = db.ctx().await;
        let row = outcome(&ctx, &with(&half_at("50"), PRICES), &with(&half_at("50.011"), PRICES)).await;
        assert_eq!(kinds(&row), [Kind::UnitCost], "{row:#?}");
        let one = &differences(&row)[0];
        assert_eq!((one.security.as_deref(), one.currency.as_deref()), (Some("NKE"), Some("USD")));
        assert_eq!((one.ours.as_deref(), one.ledger.as_deref()), (Some("50"), Some("50.011")));
        let first = first(&row).unwrap();
        assert_eq!((first.kind, first.date.to_string()), (Kind::UnitCost, "2024-01-03".to_owned()));
        assert!(first.ours.is_some() && first.ledger.is_some());
    }

    async fn cash_may_be_a_cent_apart(db) {
        let ctx = db.ctx().await;
        let theirs = BOOKS.replace("1000 USD", "1000.01 USD");
        let row = outcome(&ctx, &with(BOOKS, PRICES), &with(&theirs, PRICES)).await;
        assert!(row.passed, "{row:#?}");
    }

    async fn cash_may_not_be_two_cents_apart(db) {
        let ctx = db.ctx().await;
        let theirs = BOOKS.replace("1000 USD", "1000.02 USD");
        let row = outcome(&ctx, &with(BOOKS, PRICES), &with(&theirs, PRICES)).await;
        assert_eq!(kinds(&row), [Kind::Cash], "{row:#?}");
        let one = &differences(&row)[0];
        assert_eq!(one.currency.as_deref(), Some("USD"));
        assert_eq!((one.ours.as_deref(), one.ledger.as_deref()), (Some("500"), Some("500.02")));
    }

    async fn a_value_may_be_a_basis_point_apart(db) {
        let ctx = db.ctx().await;
        let ours = PRICES.replace("10000", "10000.9");
        let row = outcome(&ctx, &with(BOOKS, &ours), &with(BOOKS, PRICES)).await;
        assert!(row.passed, "{row:#?}");
        assert_eq!(error(&row).as_deref(), Some("0.9"));
    }

    async fn a_value_may_not_be_more_than_a_basis_point_apart(db) {
        let ctx = db.ctx().await;
        let ours = PRICES.replace("10000", "10001.1");
        let row = outcome(&ctx, &with(BOOKS, &ours), &with(BOOKS, PRICES)).await;
        // With the cash of 500 the whole is 11 of 100,500 apart.
        assert_eq!(kinds(&row), [Kind::Value, Kind::TotalValue], "{row:#?}");
        assert_eq!(error(&row).as_deref(), Some("1.1"));
        let [one, whole] = &differences(&row)[..] else { panic!("{row:#?}") };
        assert_eq!((one.ours.as_deref(), one.ledger.as_deref()), (Some("100011"), Some("100000")));
        assert_eq!(one.error_bps.unwrap().to_string(), "1.1");
        assert_eq!(whole.error_bps.unwrap().to_string(), "1.0946");
        assert_eq!(first(&row), None, "no transaction differs");
    }

    async fn an_error_a_hair_over_a_basis_point_is_told_as_more(db) {
        let ctx = db.ctx().await;
        let ours = PRICES.replace("10000", "10001.00000000001");
        let row = outcome(&ctx, &with(BOOKS, &ours), &with(BOOKS, PRICES)).await;
        assert_eq!(error(&row).as_deref(), Some("1.0001"));
        assert_eq!(kinds(&row), [Kind::Value]);
    }

    async fn a_small_position_is_measured_by_itself(db) {
        let ctx = db.ctx().await;
        let books = format!(
            "{BOOKS}2024-02-01 * \"Another\"\n  Assets:Broker:BTI 1 BTI {{30 USD}}\n  \
             Assets:Broker:Cash -30 USD\n"
        );
        let ours = with(&books, &format!("{PRICES}2024-12-30 price BTI 31 USD\n"));
        let theirs = with(&books, &format!("{PRICES}2024-12-30 price BTI 30 USD\n"));
        let row = outcome(&ctx, &ours, &theirs).await;
        // 1 of 100,500 is far below a basis point of the whole.
        assert_eq!(kinds(&row), [Kind::Value], "{row:#?}");
        assert_eq!(differences(&row)[0].security.as_deref(), Some("BTI"));
        assert_eq!(error(&row).as_deref(), Some("333.3334"));
    }

    async fn a_price_that_only_the_pack_has_measures_nothing(db) {
        let ctx = db.ctx().await;
        let row = outcome(&ctx, &with(BOOKS, PRICES), BOOKS).await;
        assert_eq!(kinds(&row), [Kind::NoPriceInLedger], "{row:#?}");
        assert_eq!((error(&row), row.passed), (None, false));
    }

    async fn a_price_that_only_the_ledger_has_measures_nothing(db) {
        let ctx = db.ctx().await;
        let other = "2024-12-30 price EUR 1.1 USD\n";
        let row = outcome(&ctx, &with(BOOKS, other), &with(BOOKS, PRICES)).await;
        assert_eq!(kinds(&row), [Kind::NoPriceInPack], "{row:#?}");
        assert_eq!((error(&row), row.passed), (None, false));
    }

    async fn what_neither_side_can_value_is_left_out_of_both(db) {
        let ctx = db.ctx().await;
        let books = with(BOOKS, "2024-12-30 price EUR 1.1 USD\n");
        let row = outcome(&ctx, &books, &books).await;
        assert!(row.passed, "{row:#?}");
        assert_eq!(row.left_out, serde_json::json!(["NKE"]));
    }

    async fn what_cannot_be_valued_at_all_is_not_passed(db) {
        let ctx = db.ctx().await;
        let books = BOOKS.replace("1000 USD", "500 USD");
        let books = with(&books, "2024-12-30 price EUR 1.1 USD\n");
        let row = outcome(&ctx, &books, &books).await;
        assert_eq!(kinds(&row), [Kind::NothingValued], "{row:#?}");
        assert_eq!((error(&row), row.passed), (None, false));
    }

    async fn what_only_one_side_holds_is_told_as_such(db) {
        let ctx = db.ctx().await;
        let deposit = &BOOKS[..BOOKS.find("2024-01-03").unwrap()];
        let prices = "2024-12-30 price NKE 50 USD\n2024-12-30 price EUR 1.1 USD\n";
        let row = outcome(&ctx, &with(deposit, prices), &with(BOOKS, prices)).await;
        // 500 of cash for ten at 50: the whole is worth the same.
        assert_eq!(kinds(&row), [Kind::OnlyInLedger, Kind::Cash], "{row:#?}");
        assert_eq!(error(&row).as_deref(), Some("0"));
        let first = first(&row).unwrap();
        assert_eq!((first.kind, first.ours), (Kind::Quantity, None));
        let ledger = first.ledger.unwrap();
        assert_eq!((ledger.file.as_str(), ledger.line), ("test.beancount", 13));
    }

    async fn the_ledger_converts_through_its_operating_currencies(db) {
        let ctx = db.ctx().await;
        let euros = "2024-02-01 * \"Euros\"\n  Assets:Broker:Cash 100 EUR\n  Equity:Opening\n";
        let books = format!("{BOOKS}{euros}{PRICES}");
        let ours = format!("{books}2024-12-30 price EUR 1.125 USD\n");
        let through = "option \"operating_currency\" \"GBP\"\n\
            2024-12-30 price EUR 0.9 GBP\n2024-12-30 price GBP 1.25 USD\n";
        let row = outcome(&ctx, &ours, &format!("{books}{through}")).await;
        assert!(row.passed, "{row:#?}");
        assert_eq!(error(&row).as_deref(), Some("0"));
    }

    async fn a_rate_of_cash_is_a_value_too(db) {
        let ctx = db.ctx().await;
        let euros = "2024-02-01 * \"Euros\"\n  Assets:Broker:Cash 100 EUR\n  Equity:Opening\n";
        let books = format!("{BOOKS}{euros}{PRICES}");
        let ours = format!("{books}2024-12-30 price EUR 1.125 USD\n");
        let theirs = format!("{books}2024-12-30 price EUR 1.12 USD\n");
        let row = outcome(&ctx, &ours, &theirs).await;
        assert_eq!(kinds(&row), [Kind::Value], "{row:#?}");
        assert_eq!(differences(&row)[0].currency.as_deref(), Some("EUR"));
        // 0.005 of 1.12.
        assert_eq!(error(&row).as_deref(), Some("44.6429"));
    }
}
