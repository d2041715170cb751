//! Exports as CSV, recorded once more by our own import.

use std::sync::Arc;

use books::{
    export::Format,
    import::statement::{Source, Statement, import_statement},
    record::{NewTransaction, Terms},
    statements,
};
use entity::{
    books::transaction,
    values::{LotMethod, PortfolioId, TransactionKind as Kind},
};
use identity::Ctx;

use super::{
    days, held_at, live, lots_at, open_lots,
    random::random,
    stories::{every_kind, portfolio},
    text,
};
use crate::{
    recording::{recorded, trade},
    setup::{security, write},
};

async fn imported(ctx: &Ctx, text: String, into: PortfolioId) -> usize {
    let source = Source::Text(Arc::new(text.clone()));
    let statement = Statement::read(statements::Format::Csv, None, source);
    let statement = statement.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let report = write(ctx, move |ctx, tx| async move {
        import_statement(&ctx, &tx, into, &statement, &|_| {}).await
    })
    .await;
    let report = report.unwrap_or_else(|error| panic!("{error}\n{text}"));
    report.transactions
}

/// All that a transaction says, apart from its ids.
fn said(row: &transaction::Model) -> String {
    let mut terms = row.terms.clone().unwrap_or_else(|| serde_json::json!({}));
    // A file does not say to which portfolio units went.
    if let Some(terms) = terms.as_object_mut() {
        terms.remove("to");
    }
    if let Some(lots) = terms["lots"].as_array_mut() {
        for lot in lots {
            lot["transaction_id"] = "".into();
        }
    }
    format!(
        "{:?}",
        (
            (
                row.kind,
                row.security_id,
                row.trade_date,
                row.settle_date,
                row.ex_date,
                row.pay_date
            ),
            (
                row.quantity,
                row.price,
                row.amount,
                &row.currency,
                row.fee,
                row.tax,
                row.fx_rate
            ),
            (&row.narration, terms),
        )
    )
}

async fn assert_comes_back(ctx: &Ctx, id: PortfolioId, method: LotMethod) {
    let written = text(ctx, id, Format::Csv).await;
    let back = portfolio(ctx, &format!("{id} back"), method, true).await;
    let (before, count) = (
        live(ctx, id).await,
        imported(ctx, written.clone(), back).await,
    );
    assert_eq!(count, before.len());
    let after = live(ctx, back).await;
    let of = |rows: &[transaction::Model]| rows.iter().map(said).collect::<Vec<_>>();
    assert_eq!(of(&before), of(&after));
    for day in days(ctx, id).await {
        let (mut a, mut b) = (held_at(ctx, id, day).await, held_at(ctx, back, day).await);
        (a.books_revision, b.books_revision) = (0, 0);
        assert_eq!(a, b);
        let (a, b) = (lots_at(ctx, id, day).await, lots_at(ctx, back, day).await);
        assert_eq!(open_lots(&a), open_lots(&b));
    }
    // Known again, and written the same once more.
    assert_eq!(imported(ctx, written.clone(), back).await, 0);
    assert_eq!(text(ctx, back, Format::Csv).await, written);
}

testkit::on_both_engines! {
    async fn every_kind_of_transaction_comes_back_from_a_table(db) {
        let ctx = db.ctx().await;
        let id = every_kind(&ctx, "P").await;
        assert_comes_back(&ctx, id, LotMethod::Specific).await;
    }

    async fn random_histories_come_back_from_a_table(db) {
        let ctx = db.ctx().await;
        let methods = [LotMethod::Fifo, LotMethod::Lifo, LotMethod::Hifo, LotMethod::Average];
        for seed in 20..28 {
            let method = methods[usize::try_from(seed).unwrap() % methods.len()];
            let id = random(&ctx, &format!("Random {seed}"), method, seed).await;
            assert_comes_back(&ctx, id, method).await;
        }
    }

    async fn units_of_another_portfolio_come_back_with_their_lots(db) {
        let ctx = db.ctx().await;
        let source = portfolio(&ctx, "From", LotMethod::Fifo, false).await;
        let target = portfolio(&ctx, "To", LotMethod::Fifo, false).await;
        let nike = security(&ctx, "NKE").await.id;
        let sent = NewTransaction {
            price: None,
            terms: Terms { to: Some(target), ..Terms::default() },
            fee: "1.5".parse().unwrap(),
            ..trade(Kind::TransferOut, "2024-03-01", nike, "7", "1")
        };
        let story = vec![
            trade(Kind::Buy, "2024-01-02", nike, "4", "10.25"),
            trade(Kind::Buy, "2024-02-02", nike, "5", "12.5"),
            sent,
        ];
        recorded(&ctx, source, story).await.unwrap();
        let written = text(&ctx, target, Format::Csv).await;
        let back = portfolio(&ctx, "Back", LotMethod::Fifo, false).await;
        assert_eq!(imported(&ctx, written.clone(), back).await, 2, "{written}");
        for day in days(&ctx, target).await {
            let (a, b) = (held_at(&ctx, target, day).await, held_at(&ctx, back, day).await);
            assert_eq!(a.cash, b.cash);
            let (a, b) = (lots_at(&ctx, target, day).await, lots_at(&ctx, back, day).await);
            assert_eq!(open_lots(&a), open_lots(&b));
        }
        assert_comes_back(&ctx, source, LotMethod::Fifo).await;
    }

    async fn no_cell_of_a_table_is_a_formula(db) {
        let ctx = db.ctx().await;
        let id = every_kind(&ctx, "P").await;
        let written = text(&ctx, id, Format::Csv).await;
        let mut table = csv::Reader::from_reader(written.as_bytes());
        let numbers: Vec<usize> = table.headers().unwrap().iter().enumerate()
            .filter(|(_, name)| ["Quantity", "Price", "Cash effect"].contains(name))
            .map(|(at, _)| at)
            .collect();
        let mut marked = 0;
        for record in table.records() {
            for (at, cell) in record.unwrap().iter().enumerate() {
                marked += usize::from(cell.starts_with('\''));
                let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!is_formula || numbers.contains(&at), "{cell}");
            }
        }
        // Notes and an id of the story.
        assert_eq!(marked, 9);
    }
}
