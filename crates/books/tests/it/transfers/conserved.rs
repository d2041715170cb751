//! By any method: what was paid is held or was sold, and what has left is what has arrived, whatever is recorded
//! late, refused or voided.

use testkit::TestDatabase;

use super::{
    histories::{Step, money, steps},
    *,
};
use crate::random::check_cases;

struct Two<'a> {
    ctx: &'a Ctx,
    security: SecurityId,
    parts: [PortfolioId; 2],
    paid: Decimal,
    moves: Vec<(PortfolioId, entity::values::TransactionId)>,
    day: chrono::NaiveDate,
}

impl Two<'_> {
    async fn step(&mut self, step: &Step) {
        self.day = self.day + chrono::Days::new(1);
        let (ctx, today) = (self.ctx, self.day.to_string());
        match *step {
            Step::Buy {
                of,
                tens,
                cents,
                days_back,
            } => {
                let day = (self.day - chrono::Days::new(days_back)).to_string();
                let bought = trade(Buy, &day, self.security, &tens.to_string(), &money(cents));
                recorded_by(ctx, self.parts[of], bought).await.unwrap();
                self.paid += Decimal::from(tens) * Decimal::new(cents.into(), 2);
            }
            Step::Sell {
                of, percent, cents, ..
            } => {
                let quantity = (percent / 10 + 1).to_string();
                let sold = trade(Sell, &today, self.security, &quantity, &money(cents));
                let outcome = recorded_by(ctx, self.parts[of], sold).await.map(|_| ());
                assert_unbookable(&outcome);
            }
            Step::Move { from, percent, .. } => {
                let quantity = (percent / 7 + 1).to_string();
                let moved = units(&today, self.security, &quantity, self.parts[1 - from]);
                match recorded_by(ctx, self.parts[from], moved).await {
                    Ok(out) => self.moves.push((self.parts[from], out.id)),
                    Err(refused) => assert_unbookable(&Err(refused)),
                }
            }
            Step::VoidMove { which } if !self.moves.is_empty() => {
                let at = which % self.moves.len();
                let (portfolio, out) = self.moves[at];
                let outcome = voided(ctx, portfolio, out).await;
                if outcome.is_ok() {
                    self.moves.remove(at);
                }
                assert_unbookable(&outcome.map(|_| ()));
            }
            _ => {}
        }
    }

    async fn compare(&self) {
        let lots = [
            lots(self.ctx, self.parts[0]).await,
            lots(self.ctx, self.parts[1]).await,
        ];
        let open = lots
            .iter()
            .flat_map(|lots| &lots.open)
            .map(|(_, lot)| lot.cost);
        let closings = lots.iter().flat_map(|lots| &lots.closings);
        let spent = closings.map(|row| row.cost_basis - row.carried_basis);
        assert_eq!(
            open.chain(spent).sum::<Decimal>().normalize(),
            self.paid.normalize()
        );
        for (portfolio, out) in &self.moves {
            let at = usize::from(*portfolio == self.parts[1]);
            self.assert_arrived(*out, &lots[at], &lots[1 - at]).await;
        }
    }

    async fn assert_arrived(
        &self,
        out: entity::values::TransactionId,
        from: &BookedLots,
        into: &BookedLots,
    ) {
        let arrival = row(self.ctx, out).await.counter_transaction_id.unwrap();
        let left = from.closings.iter().filter(|row| row.transaction == out);
        let came = into
            .openings
            .iter()
            .filter(|lot| lot.lot.opened_by == arrival);
        let left = left.map(|row| (row.acquired_on, row.quantity, row.carried_basis.normalize()));
        let came = came.map(|lot| (lot.acquired_on, lot.quantity, lot.cost_basis.normalize()));
        let (mut left, mut came): (Vec<_>, Vec<_>) = (left.collect(), came.collect());
        left.sort();
        came.sort();
        assert!(!left.is_empty());
        assert_eq!(left, came);
    }
}

fn assert_unbookable(outcome: &Result<(), Error>) {
    let is_right = matches!(
        outcome,
        Ok(()) | Err(Error::Unbookable(_) | Error::UnbookableIn { .. })
    );
    assert!(is_right, "{outcome:?}");
}

async fn check(ctx: &Ctx, name: String, steps: Vec<Step>) {
    let methods = [
        LotMethod::Fifo,
        LotMethod::Lifo,
        LotMethod::Hifo,
        LotMethod::Average,
    ];
    let method = |of: usize| methods[(steps.len() + of) % 4];
    let mut two = Two {
        ctx,
        security: security(ctx, &name.replace("case ", "S")).await.id,
        parts: [
            portfolio(ctx, &format!("{name} a"), method(0)).await,
            portfolio(ctx, &format!("{name} b"), method(1)).await,
        ],
        paid: Decimal::ZERO,
        moves: Vec::new(),
        day: date("2020-03-01"),
    };
    for step in &steps {
        two.step(step).await;
    }
    two.compare().await;
}

#[test]
fn what_leaves_arrives_by_any_method_on_sqlite() {
    check_cases(
        48,
        steps(),
        async || Some(TestDatabase::sqlite().await),
        &check,
    );
}

#[test]
fn what_leaves_arrives_by_any_method_on_postgres() {
    check_cases(8, steps(), TestDatabase::postgres, &check);
}
