//! The cash flows of a transaction: what comes in or goes out, told from trading.

use entity::{
    books::{cash_flow, transaction},
    values::{CashFlowId, CashFlowKind, Money, TransactionKind},
};
use identity::Ctx;
use rust_decimal::Decimal;

/// Income with what was kept back of it, each by its own name; capital; costs. A trade has none.
pub(super) fn of(ctx: &Ctx, row: &transaction::Model) -> Vec<cash_flow::Model> {
    use CashFlowKind as Flow;
    use TransactionKind as Kind;

    let net = row.amount.decimal();
    let (fee, tax) = (row.fee.decimal(), row.tax.decimal());
    let parts = match row.kind {
        Kind::Dividend => vec![
            (Flow::Dividend, net + fee + tax),
            (Flow::Fee, -fee),
            (Flow::Tax, -tax),
        ],
        Kind::Interest => vec![
            (Flow::Interest, net + fee + tax),
            (Flow::Fee, -fee),
            (Flow::Tax, -tax),
        ],
        Kind::Fee => vec![(Flow::Fee, net)],
        Kind::Tax => vec![(Flow::Tax, net)],
        Kind::Deposit => vec![(Flow::Deposit, net)],
        Kind::Withdrawal => vec![(Flow::Withdrawal, net)],
        // Units move no cash: what does is the cost of moving them.
        Kind::TransferIn | Kind::TransferOut if row.security_id.is_some() => {
            vec![(Flow::Fee, -fee), (Flow::Tax, -tax)]
        }
        Kind::TransferIn | Kind::TransferOut => vec![
            (Flow::Transfer, net + fee + tax),
            (Flow::Fee, -fee),
            (Flow::Tax, -tax),
        ],
        Kind::Buy
        | Kind::Sell
        | Kind::Split
        | Kind::SpinOff
        | Kind::ReturnOfCapital
        | Kind::Merger => Vec::new(),
    };
    let parts = parts.into_iter().filter(|(_, amount)| !amount.is_zero());
    parts
        .map(|(kind, amount)| flow(ctx, row, kind, amount))
        .collect()
}

fn flow(
    ctx: &Ctx,
    row: &transaction::Model,
    kind: CashFlowKind,
    amount: Decimal,
) -> cash_flow::Model {
    cash_flow::Model {
        user_id: row.user_id,
        id: CashFlowId::new(),
        portfolio_id: row.portfolio_id,
        flow_date: row.trade_date,
        kind,
        amount: Money::new(amount),
        currency: row.currency.clone(),
        transaction_id: row.id,
        is_external: matches!(
            kind,
            CashFlowKind::Deposit | CashFlowKind::Withdrawal | CashFlowKind::Transfer
        ),
        counter_portfolio_id: row
            .counter_portfolio_id
            .filter(|_| kind == CashFlowKind::Transfer),
        books_revision: row.books_revision,
        superseded_revision: None,
        created_at: ctx.now(),
    }
}
