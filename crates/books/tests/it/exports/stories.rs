//! Portfolios to export: one with every kind of transaction, and random ones.

use books::{
    portfolios::NewPortfolio,
    record::{LotChoice, NewTransaction, Terms, UnitRatio},
    securities::NewSecurity,
};
use chrono::Days;
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

pub fn ratio(new: &str, old: &str) -> Option<UnitRatio> {
    Some(UnitRatio {
        new: new.parse().unwrap(),
        old: old.parse().unwrap(),
    })
}

pub fn cash(kind: Kind, day: &str, amount: &str) -> NewTransaction {
    NewTransaction {
        amount: Some(amount.parse().unwrap()),
        ..new(kind, day, "USD")
    }
}

fn about(security: SecurityId, one: NewTransaction) -> NewTransaction {
    NewTransaction {
        security_id: Some(security),
        ..one
    }
}

fn costing(fee: &str, tax: &str, one: NewTransaction) -> NewTransaction {
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
    let terms = |ratio, into: Option<SecurityId>, share: Option<&str>| Terms {
        ratio,
        into,
        basis_share: share.map(|share| share.parse().unwrap()),
        ..Terms::default()
    };
    let first = recorded(
        ctx,
        id,
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
        ],
    )
    .await
    .unwrap()
    .transactions;
    let chosen = |at: usize, units: &str| LotChoice {
        transaction_id: first[at].id,
        quantity: units.parse().unwrap(),
    };
    let lots = Terms {
        lots: vec![chosen(2, "2"), chosen(1, "1"), chosen(3, "1")],
        ..Terms::default()
    };
    let moved = Terms {
        lots: vec![chosen(2, "1.25")],
        ..Terms::default()
    };
    recorded(
        ctx,
        id,
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
            costing("0.5", "0", cash(Kind::Interest, "2024-01-21", "2")),
            noted("null", cash(Kind::Interest, "2024-01-21", "-1.5")),
            noted(" spaces ", cash(Kind::Fee, "2024-01-22", "-4")),
            noted("'tis", cash(Kind::Fee, "2024-01-22", "1.234")),
            noted("--", cash(Kind::Tax, "2024-01-22", "-7")),
            about(old, cash(Kind::Tax, "2024-01-22", "2")),
            noted("@home", cash(Kind::TransferIn, "2024-01-23", "50")),
            noted("+1", cash(Kind::TransferOut, "2024-01-23", "-25")),
            noted("\ttab", cash(Kind::Withdrawal, "2024-01-24", "-100")),
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
            about(
                old,
                NewTransaction {
                    terms: terms(ratio("3", "2"), None, None),
                    ..cash(Kind::Split, "2024-02-01", "5")
                },
            ),
            about(
                old,
                NewTransaction {
                    terms: terms(ratio("1", "4"), Some(spun), Some("0.2")),
                    ..cash(Kind::SpinOff, "2024-03-01", "20")
                },
            ),
            about(old, cash(Kind::ReturnOfCapital, "2024-04-01", "30")),
            about(
                old,
                NewTransaction {
                    terms: Terms {
                        in_lieu: Some("10".parse().unwrap()),
                        ..terms(ratio("1", "4"), Some(merged), Some("0.5"))
                    },
                    ..cash(Kind::Merger, "2024-05-01", "400")
                },
            ),
            about(spun, cash(Kind::ReturnOfCapital, "2024-05-02", "900")),
            about(spun, cash(Kind::Merger, "2024-05-03", "123.45")),
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
        ],
    )
    .await
    .unwrap();
    id
}

/// Something that may happen; what the lots do not allow is refused.
fn something(
    random: &mut fastrand::Rng,
    day: &str,
    (one, other): (SecurityId, SecurityId),
) -> NewTransaction {
    let security = if random.u8(0..3) == 0 { other } else { one };
    let money = |random: &mut fastrand::Rng| {
        rust_decimal::Decimal::new(random.i64(1..500_000), random.u32(0..4)).to_string()
    };
    let units = rust_decimal::Decimal::new(random.i64(1..4_000), random.u32(0..4)).to_string();
    let price = money(random);
    let fee = if random.bool() { "1.1" } else { "0" };
    let exchange = Terms {
        ratio: ratio(&random.u8(1..5).to_string(), &random.u8(1..5).to_string()),
        ..Terms::default()
    };
    let kinds = [
        Kind::Deposit,
        Kind::Dividend,
        Kind::Interest,
        Kind::Fee,
        Kind::Tax,
    ];
    match random.u8(0..24) {
        0..=8 => costing(fee, "0", trade(Kind::Buy, day, security, &units, &price)),
        9..=14 => costing(fee, "0.3", trade(Kind::Sell, day, security, &units, &price)),
        15 => about(
            security,
            NewTransaction {
                terms: exchange,
                ..new(Kind::Split, day, "USD")
            },
        ),
        16 => about(
            one,
            NewTransaction {
                terms: Terms {
                    into: Some(other),
                    basis_share: Some("0.3".parse().unwrap()),
                    ..exchange
                },
                ..cash(Kind::SpinOff, day, if random.bool() { "0" } else { "3.3" })
            },
        ),
        17 => about(
            one,
            NewTransaction {
                terms: Terms {
                    into: Some(other),
                    basis_share: Some("0.25".parse().unwrap()),
                    ..exchange
                },
                ..cash(Kind::Merger, day, "70.5")
            },
        ),
        18 => about(security, cash(Kind::ReturnOfCapital, day, &price)),
        19 => about(
            security,
            NewTransaction {
                quantity: units.parse().unwrap(),
                price: Some(price.parse().unwrap()),
                ..new(Kind::TransferIn, day, "USD")
            },
        ),
        20 => about(
            security,
            NewTransaction {
                quantity: units.parse().unwrap(),
                ..new(Kind::TransferOut, day, "USD")
            },
        ),
        kind => {
            let kind = kinds[usize::from(kind) % kinds.len()];
            let one = cash(kind, day, &money(random));
            if kind == Kind::Dividend {
                about(security, one)
            } else {
                one
            }
        }
    }
}

/// A portfolio with a random history, of which the books took what they could.
pub async fn random(ctx: &Ctx, name: &str, method: LotMethod, seed: u64) -> PortfolioId {
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let id = portfolio(ctx, name, method, random.bool()).await;
    let one = crate::setup::security(ctx, &format!("ONE{seed}")).await.id;
    let other = crate::setup::security(ctx, &format!("TWO{seed}")).await.id;
    for _ in 0..50 {
        let day = date("2024-01-01") + Days::new(random.u64(0..40));
        let one = something(&mut random, &day.to_string(), (one, other));
        // What the lots do not allow changes nothing.
        let _ = recorded(ctx, id, vec![one]).await;
    }
    id
}
