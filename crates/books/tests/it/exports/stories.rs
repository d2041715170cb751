//! Portfolios to export: one with every kind of transaction, and random ones.

use books::{
    portfolios::NewPortfolio,
    record::{LotChoice, NewTransaction, Terms, UnitRatio},
    securities::NewSecurity,
};
use entity::values::{LotMethod, PortfolioId, SecurityId, SecurityKind, TransactionKind as Kind};
use identity::Ctx;

use crate::{
    recording::{new, recorded, trade},
    setup::{date, new_portfolio, new_security, write},
};

pub async fn portfolio(
    ctx: &Ctx,
    name: &str,
    method: LotMethod,
    allows_shorts: bool,
) -> PortfolioId {
    let new = NewPortfolio {
        lot_method: method,
        allows_shorts,
        ..new_portfolio(name)
    };
    write(ctx, |ctx, tx| async move {
        books::portfolios::create(&ctx, &tx, new).await
    })
    .await
    .unwrap()
    .id
}

async fn security(ctx: &Ctx, symbol: &str, currency: &str) -> SecurityId {
    let new = NewSecurity {
        currency: currency.to_owned(),
        kind: SecurityKind::Etf,
        isin: Some("US6541061031".to_owned()),
        name: format!("{symbol} \"quoted\" \\ and = signs"),
        ..new_security(symbol)
    };
    write(ctx, |ctx, tx| async move {
        books::securities::create(&ctx, &tx, new).await
    })
    .await
    .unwrap()
    .id
}

pub fn ratio(new: &str, old: &str) -> UnitRatio {
    UnitRatio {
        new: new.parse().unwrap(),
        old: old.parse().unwrap(),
    }
}

pub fn cash(kind: Kind, day: &str, amount: &str) -> NewTransaction {
    NewTransaction {
        amount: Some(amount.parse().unwrap()),
        ..new(kind, day, "USD")
    }
}

pub fn about(security: SecurityId, one: NewTransaction) -> NewTransaction {
    NewTransaction {
        security_id: Some(security),
        ..one
    }
}

pub fn costing(fee: &str, tax: &str, one: NewTransaction) -> NewTransaction {
    NewTransaction {
        fee: fee.parse().unwrap(),
        tax: tax.parse().unwrap(),
        ..one
    }
}

fn noted(note: &str, one: NewTransaction) -> NewTransaction {
    NewTransaction {
        narration: Some(note.to_owned()),
        ..one
    }
}

/// Every kind of transaction, with costs that have no end, texts that mean something to other programs, and
/// another currency; by lots that are named.
pub async fn every_kind(ctx: &Ctx, name: &str) -> PortfolioId {
    let id = portfolio(ctx, name, LotMethod::Specific, true).await;
    let old = security(ctx, "OLD", "USD").await;
    let spun = security(ctx, "SPUN.B", "USD").await;
    let merged = security(ctx, "7203/T", "USD").await;
    let foreign = security(ctx, "BAM", "CAD").await;
    let sold = security(ctx, "SHRT", "USD").await;
    let first = recorded(ctx, id, purchases(old))
        .await
        .unwrap()
        .transactions;
    let chosen = |at: usize, units: &str| LotChoice {
        transaction_id: first[at].id,
        quantity: units.parse().unwrap(),
    };
    let of = |lots| Terms {
        lots,
        ..Terms::default()
    };
    let lots = of(vec![chosen(2, "2"), chosen(1, "1"), chosen(3, "1")]);
    let moved = of(vec![chosen(2, "1.25")]);
    let rest = [
        income(old, lots),
        cash_alone(old),
        transfers(old, moved),
        actions(old, spun, merged),
        abroad_and_short(foreign, sold),
    ];
    recorded(ctx, id, rest.concat()).await.unwrap();
    id
}

fn purchases(old: SecurityId) -> Vec<NewTransaction> {
    vec![
        noted("=SUM(A1)", cash(Kind::Deposit, "2024-01-02", "10000")),
        costing(
            "1",
            "0.5",
            noted(
                "a \"quoted\" \\ note,\nwith lines",
                trade(Kind::Buy, "2024-01-03", old, "3", "33"),
            ),
        ),
        costing(
            "1",
            "0",
            trade(Kind::Buy, "2024-01-04", old, "7.25", "40.123"),
        ),
        NewTransaction {
            external_id: Some("-ext, 1".to_owned()),
            settle_date: Some(date("2024-01-08")),
            ..trade(Kind::Buy, "2024-01-04", old, "10", "41")
        },
    ]
}

fn income(old: SecurityId, lots: Terms) -> Vec<NewTransaction> {
    vec![
        costing(
            "2",
            "0.25",
            NewTransaction {
                terms: lots,
                ..trade(Kind::Sell, "2024-01-10", old, "4", "50")
            },
        ),
        costing(
            "0",
            "3.6",
            about(
                old,
                NewTransaction {
                    pay_date: Some(date("2024-01-20")),
                    ex_date: Some(date("2024-01-10")),
                    ..cash(Kind::Dividend, "2024-01-20", "20.4")
                },
            ),
        ),
    ]
}

fn cash_alone(old: SecurityId) -> Vec<NewTransaction> {
    vec![
        costing("0.5", "0", cash(Kind::Interest, "2024-01-21", "2")),
        noted("null", cash(Kind::Interest, "2024-01-21", "-1.5")),
        noted(" spaces ", cash(Kind::Fee, "2024-01-22", "-4")),
        noted("'tis", cash(Kind::Fee, "2024-01-22", "1.234")),
        noted("--", cash(Kind::Tax, "2024-01-22", "-7")),
        about(old, cash(Kind::Tax, "2024-01-22", "2")),
        noted("@home", cash(Kind::TransferIn, "2024-01-23", "50")),
        noted("+1", cash(Kind::TransferOut, "2024-01-23", "-25")),
        noted("\ttab", cash(Kind::Withdrawal, "2024-01-24", "-100")),
    ]
}

fn transfers(old: SecurityId, moved: Terms) -> Vec<NewTransaction> {
    vec![
        costing(
            "0.75",
            "0",
            about(
                old,
                NewTransaction {
                    quantity: "2".parse().unwrap(),
                    price: Some("10.1".parse().unwrap()),
                    terms: Terms {
                        acquired_on: Some(date("2020-05-05")),
                        ..Terms::default()
                    },
                    ..new(Kind::TransferIn, "2024-01-25", "USD")
                },
            ),
        ),
        costing(
            "0.1",
            "0.2",
            about(
                old,
                NewTransaction {
                    quantity: "1.25".parse().unwrap(),
                    terms: moved,
                    ..new(Kind::TransferOut, "2024-01-26", "USD")
                },
            ),
        ),
    ]
}

fn actions(old: SecurityId, spun: SecurityId, merged: SecurityId) -> Vec<NewTransaction> {
    let terms = |ratio, into: Option<SecurityId>, share: Option<&str>| Terms {
        ratio,
        into,
        basis_share: share.map(|share| share.parse().unwrap()),
        ..Terms::default()
    };
    vec![
        about(
            old,
            NewTransaction {
                terms: terms(Some(ratio("3", "2")), None, None),
                ..cash(Kind::Split, "2024-02-01", "5")
            },
        ),
        about(
            old,
            NewTransaction {
                terms: terms(Some(ratio("1", "4")), Some(spun), Some("0.2")),
                ..cash(Kind::SpinOff, "2024-03-01", "20")
            },
        ),
        about(old, cash(Kind::ReturnOfCapital, "2024-04-01", "30")),
        about(
            old,
            NewTransaction {
                terms: Terms {
                    in_lieu: Some("10".parse().unwrap()),
                    ..terms(Some(ratio("1", "4")), Some(merged), Some("0.5"))
                },
                ..cash(Kind::Merger, "2024-05-01", "400")
            },
        ),
        about(spun, cash(Kind::ReturnOfCapital, "2024-05-02", "900")),
        about(spun, cash(Kind::Merger, "2024-05-03", "123.45")),
    ]
}

fn abroad_and_short(foreign: SecurityId, sold: SecurityId) -> Vec<NewTransaction> {
    vec![
        NewTransaction {
            currency: "CAD".to_owned(),
            fx_rate: Some("0.73".parse().unwrap()),
            ..costing("9", "0", trade(Kind::Buy, "2024-06-01", foreign, "7", "11"))
        },
        NewTransaction {
            currency: "CAD".to_owned(),
            fx_rate: Some("0.75".parse().unwrap()),
            ..trade(Kind::Sell, "2024-06-02", foreign, "7", "12")
        },
        costing("1", "0", trade(Kind::Sell, "2024-07-01", sold, "9", "70")),
        trade(Kind::Buy, "2024-07-02", sold, "4", "60"),
        trade(Kind::Buy, "2024-07-03", sold, "6", "65"),
        costing("3", "0", trade(Kind::Sell, "2024-07-03", sold, "1", "2")),
    ]
}
