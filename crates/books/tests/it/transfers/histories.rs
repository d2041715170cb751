//! Random histories of two portfolios with transfers between them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use testkit::TestDatabase;

use super::*;
use crate::random::check_cases;

#[derive(Clone, Debug)]
pub enum Step {
    Deposit {
        of: usize,
        cents: u32,
    },
    /// Tens of units.
    Buy {
        of: usize,
        tens: u32,
        cents: u32,
        days_back: u64,
    },
    /// Of some lot that is held, so many hundredths.
    Sell {
        of: usize,
        lot: usize,
        percent: u32,
        cents: u32,
    },
    Move {
        from: usize,
        lot: usize,
        percent: u32,
    },
    MoveCash {
        from: usize,
        cents: u32,
        fee: u32,
    },
    VoidMove {
        which: usize,
    },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let of = 0..2_usize;
    let (lot, percent, cents) = (any::<usize>(), 1..=100_u32, 1..90_000_u32);
    let step = prop_oneof![
        1 => (of.clone(), cents.clone()).prop_map(|(of, cents)| Step::Deposit { of, cents }),
        4 => (of.clone(), 1..20_u32, cents.clone(), 0..40_u64).prop_map(|(of, tens, cents, days_back)| {
            Step::Buy { of, tens, cents, days_back }
        }),
        3 => (of.clone(), lot, percent.clone(), cents.clone())
            .prop_map(|(of, lot, percent, cents)| Step::Sell { of, lot, percent, cents }),
        4 => (of.clone(), lot, percent).prop_map(|(from, lot, percent)| Step::Move { from, lot, percent }),
        2 => (of, cents, 0..90_u32).prop_map(|(from, cents, fee)| Step::MoveCash { from, cents, fee }),
        1 => any::<usize>().prop_map(|which| Step::VoidMove { which }),
    ];
    prop::collection::vec(step, 1..28)
}

pub fn money(cents: u32) -> String {
    Decimal::new(cents.into(), 2).to_string()
}

/// Two portfolios, and one that holds both histories without the transfers.
struct Whole<'a> {
    ctx: &'a Ctx,
    security: SecurityId,
    parts: [PortfolioId; 2],
    together: PortfolioId,
    /// By the transaction that brought them: units that are there, and the purchase in the whole.
    held: [BTreeMap<entity::values::TransactionId, (u32, entity::values::TransactionId)>; 2],
    moves: Vec<(PortfolioId, transaction::Model)>,
    day: u64,
}

impl Whole<'_> {
    fn date(&self, days_back: u64) -> String {
        let first = date("2020-03-01") + chrono::Days::new(self.day);
        (first - chrono::Days::new(days_back)).to_string()
    }

    /// Both in the part and in the whole.
    async fn both(&self, of: usize, one: NewTransaction) {
        recorded_by(self.ctx, self.parts[of], one.clone())
            .await
            .unwrap();
        recorded_by(self.ctx, self.together, one).await.unwrap();
    }

    fn some_lot(
        &self,
        of: usize,
        lot: usize,
        percent: u32,
    ) -> Option<(
        entity::values::TransactionId,
        u32,
        entity::values::TransactionId,
    )> {
        let lots: Vec<_> = self.held[of]
            .iter()
            .filter(|(_, (left, _))| *left > 0)
            .collect();
        let (brought_by, (left, purchase)) = *lots.get(lot % lots.len().max(1))?;
        Some((*brought_by, (left * percent).div_ceil(100), *purchase))
    }

    async fn step(&mut self, step: &Step) {
        self.day += 1;
        match *step {
            Step::Deposit { of, cents } => {
                self.both(of, cash(Deposit, &self.date(0), &money(cents)))
                    .await;
            }
            Step::Buy {
                of,
                tens,
                cents,
                days_back,
            } => {
                let (day, units) = (self.date(days_back), tens * 10);
                let bought = trade(Buy, &day, self.security, &units.to_string(), &money(cents));
                let part = recorded_by(self.ctx, self.parts[of], bought.clone())
                    .await
                    .unwrap();
                let whole = recorded_by(self.ctx, self.together, bought).await.unwrap();
                self.held[of].insert(part.id, (units, whole.id));
            }
            Step::Sell {
                of,
                lot,
                percent,
                cents,
            } => {
                let Some((brought_by, units, purchase)) = self.some_lot(of, lot, percent) else {
                    return;
                };
                let sold = trade(
                    Sell,
                    &self.date(0),
                    self.security,
                    &units.to_string(),
                    &money(cents),
                );
                let of_part = |lots| NewTransaction {
                    terms: Terms {
                        lots,
                        ..Terms::default()
                    },
                    ..sold.clone()
                };
                let part = of_part(of_lot(brought_by, units));
                recorded_by(self.ctx, self.parts[of], part).await.unwrap();
                let whole = of_part(of_lot(purchase, units));
                recorded_by(self.ctx, self.together, whole).await.unwrap();
                self.held[of]
                    .entry(brought_by)
                    .and_modify(|held| held.0 -= units);
            }
            Step::Move { from, lot, percent } => {
                let Some((brought_by, units, purchase)) = self.some_lot(from, lot, percent) else {
                    return;
                };
                let mut moved = super::units(
                    &self.date(0),
                    self.security,
                    &units.to_string(),
                    self.parts[1 - from],
                );
                moved.terms.lots = of_lot(brought_by, units);
                let out = recorded_by(self.ctx, self.parts[from], moved)
                    .await
                    .unwrap();
                self.held[from]
                    .entry(brought_by)
                    .and_modify(|held| held.0 -= units);
                self.held[1 - from].insert(out.counter_transaction_id.unwrap(), (units, purchase));
                self.moves.push((self.parts[from], out));
            }
            Step::MoveCash { from, cents, fee } => {
                let left = Decimal::new((cents + fee).into(), 2).to_string();
                let moved = NewTransaction {
                    fee: money(fee).parse().unwrap(),
                    terms: to(self.parts[1 - from]),
                    ..cash(TransferOut, &self.date(0), &format!("-{left}"))
                };
                recorded_by(self.ctx, self.parts[from], moved)
                    .await
                    .unwrap();
                if fee > 0 {
                    let fee = cash(
                        entity::values::TransactionKind::Fee,
                        &self.date(0),
                        &format!("-{}", money(fee)),
                    );
                    recorded_by(self.ctx, self.together, fee).await.unwrap();
                }
            }
            Step::VoidMove { which } => self.void_move(which).await,
        }
    }

    /// What was moved and not yet used comes back; else nothing happens.
    async fn void_move(&mut self, which: usize) {
        if self.moves.is_empty() {
            return;
        }
        let at = which % self.moves.len();
        let (portfolio, out) = self.moves[at].clone();
        let from = usize::from(portfolio == self.parts[1]);
        let arrival = out.counter_transaction_id.unwrap();
        let units: u32 = (-out.quantity.decimal()).try_into().unwrap();
        let is_unused = self.held[1 - from][&arrival].0 == units;
        let outcome = voided(self.ctx, portfolio, out.id).await;
        assert_eq!(outcome.is_ok(), is_unused, "{outcome:?}");
        if is_unused {
            self.moves.remove(at);
            self.held[1 - from].remove(&arrival);
            let terms: Terms = serde_json::from_value(out.terms.unwrap()).unwrap();
            let brought_by = terms.lots[0].transaction_id;
            self.held[from]
                .entry(brought_by)
                .and_modify(|held| held.0 += units);
        }
    }

    async fn compare(&self) {
        let parts = [
            lots(self.ctx, self.parts[0]).await,
            lots(self.ctx, self.parts[1]).await,
        ];
        let whole = lots(self.ctx, self.together).await;
        let cost = |lots: &BookedLots| -> Decimal {
            lots.open
                .iter()
                .map(|(_, lot)| lot.cost)
                .sum::<Decimal>()
                .normalize()
        };
        let gain = |lots: &BookedLots| -> Decimal {
            lots.closings
                .iter()
                .map(|closing| closing.realized_gain)
                .sum::<Decimal>()
                .normalize()
        };
        assert_eq!(
            (cost(&parts[0]) + cost(&parts[1])).normalize(),
            cost(&whole)
        );
        assert_eq!(
            (gain(&parts[0]) + gain(&parts[1])).normalize(),
            gain(&whole)
        );
        let mut dates: Vec<_> = parts.iter().flat_map(by_date).collect();
        let mut of_whole: Vec<_> = by_date(&whole).collect();
        dates.sort();
        of_whole.sort();
        assert_eq!(added(dates), added(of_whole));
        let mut balances = Decimal::ZERO;
        let mut linked = Vec::new();
        for id in self.parts {
            balances += self.balance(id).await;
            let flows = flows(self.ctx, id).await;
            linked.extend(
                flows
                    .into_iter()
                    .filter(|flow| flow.counter_portfolio_id.is_some()),
            );
        }
        assert_eq!(balances.normalize(), self.balance(self.together).await);
        assert!(linked.iter().all(|flow| flow.is_external));
        assert_eq!(sum(linked.iter().map(|flow| flow.amount)), Decimal::ZERO);
    }

    async fn balance(&self, id: PortfolioId) -> Decimal {
        let name = found(self.ctx, id).await.name;
        let held = latest(self.ctx, &name).await;
        sum(held.cash.iter().map(|cash| cash.amount))
    }
}

fn by_date(lots: &BookedLots) -> impl Iterator<Item = (chrono::NaiveDate, Decimal, Decimal)> + '_ {
    lots.open
        .iter()
        .map(|(_, lot)| (lot.acquired_on, lot.quantity, lot.cost))
}

fn added(
    lots: Vec<(chrono::NaiveDate, Decimal, Decimal)>,
) -> BTreeMap<chrono::NaiveDate, (Decimal, Decimal)> {
    let mut sums: BTreeMap<_, (Decimal, Decimal)> = BTreeMap::new();
    for (day, quantity, cost) in lots {
        let sum = sums.entry(day).or_default();
        *sum = ((sum.0 + quantity).normalize(), (sum.1 + cost).normalize());
    }
    sums
}

/// Where sales and transfers name their lots, it makes no difference in which portfolio these are.
async fn check_whole(ctx: &Ctx, name: String, steps: Vec<Step>) {
    let security = security(ctx, &name.replace("case ", "S")).await.id;
    let mut ids = Vec::new();
    for of in ["a", "b", "whole"] {
        ids.push(portfolio(ctx, &format!("{name} {of}"), LotMethod::Specific).await);
    }
    let mut whole = Whole {
        ctx,
        security,
        parts: [ids[0], ids[1]],
        together: ids[2],
        held: [BTreeMap::new(), BTreeMap::new()],
        moves: Vec::new(),
        day: 0,
    };
    for step in &steps {
        whole.step(step).await;
    }
    whole.compare().await;
}

#[test]
fn two_portfolios_are_one_on_sqlite() {
    check_cases(
        32,
        steps(),
        async || Some(TestDatabase::sqlite().await),
        &check_whole,
    );
}

#[test]
fn two_portfolios_are_one_on_postgres() {
    check_cases(6, steps(), TestDatabase::postgres, &check_whole);
}
