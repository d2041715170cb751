//! Random histories, recorded in any order with voids and corrections, beside one booking from the
//! beginning.

use std::collections::BTreeMap;

use books::{
    booking::{Book, Booked, Event, Exchange, Movement, Rules},
    record::{NewTransaction, Terms, UnitRatio},
};
use chrono::{Days, NaiveDate};
use entity::{
    books::{lot, lot_closure},
    values::{LotMethod, PortfolioId, Price, Rate, SecurityId, TransactionId, TransactionKind},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{new, portfolio_by, recorded, trade, voided};
use crate::setup::{at, date, security};

/// What counts at the moment, by the order of booking.
type Live = BTreeMap<(NaiveDate, i64), (TransactionId, NewTransaction)>;

struct History {
    ctx: Ctx,
    portfolio: PortfolioId,
    rules: Rules,
    random: fastrand::Rng,
    live: Live,
}

impl History {
    /// The same transactions in a new book.
    fn book(&self) -> Option<Booked> {
        let mut book = Book::new(self.rules);
        for (id, one) in self.live.values() {
            book.book(&event(*id, one)).ok()?;
        }
        Some(book.take_booked())
    }

    fn some_day(&mut self) -> String {
        let day = date("2024-01-01") + Days::new(self.random.u64(0..60));
        day.to_string()
    }

    fn some_transaction(&mut self, security: SecurityId) -> NewTransaction {
        let (units, cents) = (self.random.u32(1..20), self.random.u32(100..9_000));
        let (units, price) = (units.to_string(), Decimal::new(cents.into(), 2).to_string());
        let day = self.some_day();
        match self.random.u8(0..10) {
            0 => NewTransaction {
                security_id: Some(security),
                terms: Terms {
                    ratio: Some(UnitRatio {
                        new: "3".parse().unwrap(),
                        old: "2".parse().unwrap(),
                    }),
                    ..Terms::default()
                },
                ..new(TransactionKind::Split, &day, "USD")
            },
            1..=5 => trade(TransactionKind::Buy, &day, security, &units, &price),
            _ => trade(TransactionKind::Sell, &day, security, &units, &price),
        }
    }

    fn some_live(&mut self) -> Option<(NaiveDate, i64)> {
        let keys: Vec<_> = self.live.keys().copied().collect();
        (!keys.is_empty()).then(|| keys[self.random.usize(0..keys.len())])
    }

    /// Records, corrects or voids something; what the lots do not allow is refused and changes nothing.
    async fn step(&mut self, security: SecurityId) {
        let before = self.live.clone();
        let chosen = self.some_live().filter(|_| self.random.u8(0..4) == 0);
        if let Some(key) = chosen.filter(|_| self.random.bool()) {
            let (id, _) = self.live.remove(&key).unwrap();
            let outcome = voided(&self.ctx, self.portfolio, id).await;
            self.check(outcome.is_ok(), before);
            return;
        }
        let mut one = self.some_transaction(security);
        if let Some(key) = chosen {
            let (id, _) = self.live.remove(&key).unwrap();
            one.corrects = Some(id);
        }
        match recorded(&self.ctx, self.portfolio, vec![one.clone()]).await {
            Ok(done) => {
                let row = &done.transactions[0];
                self.live
                    .insert((row.trade_date, row.sequence), (row.id, one));
                self.check(true, before);
            }
            Err(refused) => {
                let at_end = (one.trade_date, i64::MAX);
                let place = chosen
                    .filter(|key| key.0 == one.trade_date)
                    .unwrap_or(at_end);
                self.live.insert(place, (TransactionId::new(), one));
                println!("refused: {refused}");
                self.check(false, before);
            }
        }
    }

    fn check(&mut self, was_done: bool, before: Live) {
        assert_eq!(
            was_done,
            self.book().is_some(),
            "seed {}",
            self.random.get_seed()
        );
        if !was_done {
            self.live = before;
        }
    }

    async fn compare(&self) {
        let booked = self.book().unwrap();
        let reader = self.ctx.database.reader();
        let lots = lot::Entity::find()
            .filter(lot::Column::SupersededRevision.is_null())
            .all(reader)
            .await
            .unwrap();
        let mut stored: Vec<_> = lots
            .iter()
            .map(|lot| {
                let figures = (lot.quantity_original.decimal(), lot.cost_basis.decimal());
                (
                    (lot.opened_by_transaction_id, lot.ordinal),
                    lot.acquired_on,
                    figures,
                )
            })
            .collect();
        let mut wanted: Vec<_> = booked
            .openings
            .iter()
            .map(|lot| {
                let key = (lot.lot.opened_by, i64::from(lot.lot.ordinal));
                (key, lot.acquired_on, (lot.quantity, lot.cost_basis))
            })
            .collect();
        stored.sort();
        wanted.sort();
        assert_eq!(stored, wanted);
        let ids: BTreeMap<_, _> = lots
            .iter()
            .map(|lot| (lot.id, (lot.opened_by_transaction_id, lot.ordinal)))
            .collect();
        let closures = lot_closure::Entity::find()
            .filter(lot_closure::Column::SupersededRevision.is_null())
            .all(reader)
            .await
            .unwrap();
        let mut taken: BTreeMap<_, Decimal> = BTreeMap::new();
        let mut stored = Vec::new();
        for row in closures {
            *taken.entry(row.lot_id).or_default() += row.quantity.decimal();
            let figures = (
                row.quantity.decimal(),
                row.cost_basis.decimal(),
                row.realized_gain.decimal(),
            );
            stored.push((ids[&row.lot_id], row.transaction_id, row.closed_on, figures));
        }
        let mut wanted: Vec<_> = booked
            .closings
            .iter()
            .map(|row| {
                let key = (row.lot.opened_by, i64::from(row.lot.ordinal));
                let figures = (row.quantity, row.cost_basis, row.realized_gain);
                (key, row.transaction, row.closed_on, figures)
            })
            .collect();
        stored.sort();
        wanted.sort();
        assert_eq!(stored, wanted);
        for lot in lots {
            let taken = taken.get(&lot.id).copied().unwrap_or_default();
            let left = lot.quantity_original.decimal() - taken;
            assert_eq!(lot.quantity_open.decimal(), left);
            assert_eq!(lot.closed_on.is_some(), left.is_zero());
        }
    }
}

fn event(id: TransactionId, one: &NewTransaction) -> Event {
    let security = one.security_id.unwrap();
    let quantity = one.quantity.decimal();
    let value = quantity * one.price.map_or(Decimal::ZERO, Price::decimal);
    let movement = match one.kind {
        TransactionKind::Buy => Movement::Acquire {
            security,
            quantity,
            cost: value,
            acquired_on: None,
        },
        TransactionKind::Sell => Movement::Dispose {
            security,
            quantity,
            proceeds: value,
            chosen: Vec::new(),
        },
        _ => Movement::Split {
            security,
            exchange: Exchange {
                new: 3.into(),
                old: 2.into(),
            },
            in_lieu: None,
        },
    };
    Event {
        transaction: id,
        date: one.trade_date,
        currency: "USD".to_owned(),
        rate: Some(Rate::ONE),
        movement,
    }
}

async fn run(ctx: Ctx, seed: u64) {
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let methods = [
        LotMethod::Fifo,
        LotMethod::Lifo,
        LotMethod::Hifo,
        LotMethod::Average,
    ];
    let rules = Rules {
        method: methods[usize::try_from(seed).unwrap() % 4],
        allows_shorts: random.bool(),
    };
    let nike = security(&ctx, "NKE").await.id;
    let portfolio = portfolio_by(&ctx, rules.method, rules.allows_shorts)
        .await
        .id;
    let mut history = History {
        ctx: ctx.clone(),
        portfolio,
        rules,
        random,
        live: Live::new(),
    };
    let mut known = Vec::new();
    for _ in 0..30 {
        history.step(nike).await;
        history.compare().await;
        let day = history.some_day();
        let held = at(&ctx, "P", &day, None).await;
        known.push((day, held));
    }
    // Whatever was answered once is answered again, from the same revision.
    for (day, then) in known {
        assert_eq!(at(&ctx, "P", &day, Some(then.books_revision)).await, then);
    }
}

testkit::on_both_engines! {
    async fn lots_follow_fifo_whatever_is_recorded_in_between(db) {
        run(db.ctx().await, 0).await;
    }

    async fn lots_follow_lifo_whatever_is_recorded_in_between(db) {
        run(db.ctx().await, 1).await;
    }

    async fn lots_follow_hifo_whatever_is_recorded_in_between(db) {
        run(db.ctx().await, 2).await;
    }

    async fn lots_follow_average_cost_whatever_is_recorded_in_between(db) {
        run(db.ctx().await, 3).await;
    }
}
