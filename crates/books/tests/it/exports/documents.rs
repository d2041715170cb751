//! Exports as JSON.

use books::export::Format;
use entity::values::LotMethod;
use serde_json::Value;

use super::{
    bean_check::assert_accepted, exported_at, live, lots_at, random::random, stories::every_kind,
    text,
};
use crate::setup::date;

testkit::on_both_engines! {
    async fn a_document_holds_the_transactions_and_the_lots_that_they_leave(db) {
        let ctx = db.ctx().await;
        let methods = [LotMethod::Average, LotMethod::Lifo];
        let mut portfolios = vec![every_kind(&ctx, "P").await];
        for seed in 40..42 {
            let method = methods[usize::try_from(seed).unwrap() % 2];
            portfolios.push(random(&ctx, &format!("Random {seed}"), method, seed).await);
        }
        for id in portfolios {
            let written = text(&ctx, id, Format::Json).await;
            let document: Value = serde_json::from_str(&written).unwrap();
            assert_eq!(document["portfolio"]["id"], id.to_string());
            let rows = live(&ctx, id).await;
            let items = document["transactions"].as_array().unwrap();
            assert_eq!(items.len(), rows.len());
            for (item, row) in items.iter().zip(&rows) {
                assert_eq!(item["id"], row.id.to_string());
                assert_eq!(item["amount"], row.amount.to_string());
                assert_eq!(item["narration"].as_str(), row.narration.as_deref());
            }
            let lots = lots_at(&ctx, id, date("9999-12-31")).await;
            let items = document["lots"].as_array().unwrap();
            assert!(!items.is_empty());
            let told: Vec<_> = items.iter().map(|item| {
                ["symbol", "acquired_on", "quantity", "cost_basis"].map(|name| item[name].as_str().unwrap().to_owned())
            }).collect();
            let booked: Vec<_> = lots.open.iter().map(|(security, lot)| [
                lots.securities[security].symbol.clone(),
                lot.acquired_on.to_string(),
                entity::values::canonical(lot.quantity),
                entity::values::canonical(lot.cost),
            ]).collect();
            assert_eq!(told, booked);
            // The same question has the same bytes.
            assert_eq!(text(&ctx, id, Format::Json).await, written);
        }
    }

    async fn an_export_ends_with_its_day(db) {
        let ctx = db.ctx().await;
        let id = every_kind(&ctx, "P").await;
        let early = exported_at(&ctx, id, Format::Json, "2024-01-10").await.unwrap();
        let early: Value = serde_json::from_slice(&early).unwrap();
        assert_eq!(early["provenance"]["asof_date"], "2024-01-10");
        assert_eq!(early["transactions"].as_array().unwrap().len(), 5);
        assert_eq!(early["securities"].as_array().unwrap().len(), 1);
        let none = exported_at(&ctx, id, Format::Json, "2023-01-10").await.unwrap();
        let none: Value = serde_json::from_slice(&none).unwrap();
        assert_eq!(none["transactions"], serde_json::json!([]));
        for format in Format::ALL {
            let empty = exported_at(&ctx, id, format, "2023-01-10").await.unwrap();
            assert!(!empty.is_empty(), "{format}");
        }
        let empty = exported_at(&ctx, id, Format::Beancount, "2023-01-10").await.unwrap();
        assert_accepted(&[String::from_utf8(empty).unwrap()]);
    }
}
