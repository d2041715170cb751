//! Lists of what happened, page by page.

use books::{page::Page, transactions};
use entity::{
    books::{cash_flow, transaction},
    values::{CashFlowKind, TransactionKind},
};
use sea_orm::EntityTrait;

use crate::{
    figures::{CURRENCIES, imported, security},
    setup::{another_owner, date},
};

testkit::on_both_engines! {
    async fn cash_flows_are_cash_that_moves_alone(db) {
        let ctx = db.ctx().await;
        let id = imported(&ctx, &format!("{}{}", crate::imports::FIRST, r#"
2020-04-01 open Expenses:Food
2020-04-01 * "eaten"
  Assets:Cash -7 USD
  Expenses:Food
"#)).await;
        let reader = ctx.database.reader();
        let list = async |after, limit, from: Option<&str>, to: Option<&str>| {
            let page = Page { after, limit };
            let (from, to) = (from.map(date), to.map(date));
            books::cash_flows::list(&ctx, reader, id, from, to, &page).await.unwrap()
        };
        let all = list(None, 50, None, None).await;
        let figures = |rows: &[cash_flow::Model]| -> Vec<_> {
            rows.iter().map(|f| (f.kind, f.amount.to_string(), f.is_external)).collect()
        };
        let (put_in, income, eaten) = (
            (CashFlowKind::Deposit, "10000".to_owned(), true),
            (CashFlowKind::Dividend, "12.5".to_owned(), false),
            (CashFlowKind::Withdrawal, "-7".to_owned(), true),
        );
        assert_eq!(figures(&all.items), [put_in.clone(), income.clone(), eaten.clone()]);
        let first = list(None, 1, None, None).await;
        assert_eq!((figures(&first.items), first.has_more), (vec![put_in], true));
        let after = first.items.last().map(|flow| (flow.flow_date, flow.id));
        assert_eq!(figures(&list(after, 1, None, None).await.items), std::slice::from_ref(&income));
        assert_eq!(figures(&list(after, 9, Some("2020-02-02"), None).await.items), [eaten]);
        let february = list(None, 9, Some("2020-02-01"), Some("2020-02-01")).await;
        assert_eq!(figures(&february.items), [income]);
        let other = another_owner(&ctx).await;
        let page = Page { after: None, limit: 9 };
        let foreign = books::cash_flows::list(&other, reader, id, None, None, &page).await;
        assert!(matches!(foreign, Err(books::Error::PortfolioNotFound { .. })));
    }

    async fn transactions_are_listed_by_date_and_filtered(db) {
        let ctx = db.ctx().await;
        let id = imported(&ctx, CURRENCIES).await;
        let reader = ctx.database.reader();
        let mut page = Page { after: None, limit: 3 };
        let mut seen: Vec<transaction::Model> = Vec::new();
        loop {
            let filter = transactions::Filter::default();
            let listed = transactions::list(&ctx, reader, id, &filter, &page).await.unwrap();
            page.after = listed.items.last().map(|row| (row.trade_date, row.id));
            seen.extend(listed.items);
            if !listed.has_more {
                break;
            }
        }
        assert_eq!(seen.len(), transaction::Entity::find().all(reader).await.unwrap().len());
        assert!(seen.is_sorted_by_key(|row| (row.trade_date, row.id)));
        let filter = transactions::Filter {
            from: Some(date("2020-02-01")),
            to: Some(date("2020-02-28")),
            kind: Some(TransactionKind::Buy),
            security_id: Some(security(&ctx, "NKE").await.id),
        };
        let page = Page { after: None, limit: 50 };
        let found = transactions::list(&ctx, reader, id, &filter, &page).await.unwrap().items;
        let dates: Vec<_> = found.iter().map(|row| row.trade_date).collect();
        assert_eq!(dates, [date("2020-02-10")]);
    }
}
