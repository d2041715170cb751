//! Random histories.

use books::record::{NewTransaction, Terms};
use chrono::Days;
use entity::values::{LotMethod, PortfolioId, SecurityId, TransactionKind as Kind};
use identity::Ctx;

use super::stories::{about, cash, costing, portfolio, ratio};
use crate::{
    recording::{new, recorded, trade},
    setup::date,
};

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
        ratio: Some(ratio(
            &random.u8(1..5).to_string(),
            &random.u8(1..5).to_string(),
        )),
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
