//! The first transaction that differs, found in random histories in which one was changed.

use books::{
    portfolios::{self, NewPortfolio},
    record::{self, NewTransaction},
};
use db::Tx;
use entity::values::{LotMethod, PortfolioId, SecurityId, TransactionSource};
use fastrand::Rng;
use identity::Ctx;
use performance::reconciliation::{FirstDifference, Keep::WithPortfolio};
use rust_decimal::Decimal;
use testkit::on_both_engines;

use crate::{
    setup::{DAY, Source, first, import, pack, reconciled},
    steps::{Kind, Step, history, step, text},
};

const HISTORIES: u64 = 24;

/// What was done to a ledger, and the steps of which its first difference must tell.
#[derive(Debug)]
struct Changed {
    steps: Vec<Step>,
    in_books: Option<String>,
    in_ledger: Option<String>,
}

/// Removes, adds or alters one step.
fn change(random: &mut Rng, steps: &[Step]) -> Changed {
    let mut changed = steps.to_vec();
    let at = random.usize(2..steps.len());
    let name = Some(steps[at].narration());
    match random.u8(0..5) {
        0 => {
            changed.remove(at);
            Changed {
                steps: changed,
                in_books: name,
                in_ledger: None,
            }
        }
        1 => {
            let new = step(random, 1_000);
            let name = Some(new.narration());
            changed.push(new);
            changed.sort_by_key(|step| (step.date, step.number));
            Changed {
                steps: changed,
                in_books: None,
                in_ledger: name,
            }
        }
        alteration => {
            let step = &mut changed[at];
            let moves_units = matches!(step.kind, Kind::Buy | Kind::Sell);
            match alteration {
                2 if moves_units => step.units += Decimal::new(1, 8),
                3 if moves_units => step.units += Decimal::ONE,
                // At least two cents of cash.
                _ => step.price += Decimal::new(200, 0),
            }
            Changed {
                steps: changed,
                in_books: name.clone(),
                in_ledger: name,
            }
        }
    }
}

fn names(first: &FirstDifference) -> (Option<String>, Option<String>) {
    let ours = first
        .ours
        .as_ref()
        .and_then(|one| one.moved.narration.clone());
    let ledger = first
        .ledger
        .as_ref()
        .and_then(|one| one.moved.narration.clone());
    (ours, ledger)
}

/// Where in the ledger's text a step stands.
fn line_of(source: &str, narration: &str) -> usize {
    let quoted = format!("\"{narration}\"");
    source
        .lines()
        .position(|line| line.ends_with(&quoted))
        .unwrap()
        + 1
}

async fn recorded(ctx: &Ctx, name: &str, security: SecurityId, steps: &[Step]) -> PortfolioId {
    let new = NewPortfolio {
        name: name.to_owned(),
        base_currency: "USD".to_owned(),
        lot_method: LotMethod::Fifo,
        allows_shorts: false,
        benchmark_security_id: None,
    };
    let rows: Vec<NewTransaction> = steps.iter().map(|step| step.to_record(security)).collect();
    let work = async |tx: Tx| -> Result<PortfolioId, books::Error> {
        let portfolio = portfolios::create(ctx, &tx, new.clone()).await?;
        record::record(ctx, &tx, portfolio.id, TransactionSource::Manual, &rows).await?;
        Ok(portfolio.id)
    };
    ctx.database.write(work).await.unwrap()
}

async fn security(ctx: &Ctx) -> SecurityId {
    let found = books::securities::find_by_symbol(ctx, ctx.database.reader(), "NKE").await;
    found.unwrap().id
}

on_both_engines! {
    async fn a_changed_transaction_is_named_on_both_sides(db) {
        let ctx = db.ctx().await;
        let mut pack_id = None;
        for seed in 0..HISTORIES {
            let mut random = Rng::with_seed(seed);
            let steps = history(&mut random);
            let ours = Source::parse(&text(&steps));
            let imported = import(&ctx, &format!("imported {seed}"), &ours).await;
            let id = match &pack_id {
                Some(id) => String::clone(id),
                None => pack(&ctx, &ours, DAY).await.id,
            };
            pack_id = Some(id.clone());
            let name = format!("recorded {seed}");
            let recorded = recorded(&ctx, &name, security(&ctx).await, &steps).await;
            let changed = change(&mut random, &steps);
            let theirs = text(&changed.steps);
            let ledger = Source::parse(&theirs);
            for portfolio in [imported, recorded] {
                let same = reconciled(&ctx, portfolio, &id, &ours, WithPortfolio).await;
                assert!(same.passed, "{seed}: {same:#?}\n{}", text(&steps));
                let row = reconciled(&ctx, portfolio, &id, &ledger, WithPortfolio).await;
                assert!(!row.passed, "{seed}: {changed:#?}");
                let first = first(&row).unwrap();
                let expected = (changed.in_books.clone(), changed.in_ledger.clone());
                assert_eq!(names(&first), expected, "{seed}: {first:#?}\n{theirs}");
                if let Some(named) = &first.ledger {
                    let offset = usize::try_from(named.line).unwrap()
                        - line_of(&theirs, named.moved.narration.as_deref().unwrap());
                    assert_eq!(offset, crate::setup::HEAD_LINES, "{seed}: {first:#?}");
                }
            }
        }
        println!("{HISTORIES} histories, each imported and recorded");
    }

    async fn an_imported_transaction_tells_the_commit_that_it_came_from(db) {
        let ctx = db.ctx().await;
        let steps = history(&mut Rng::with_seed(7));
        let ours = Source::parse(&text(&steps));
        let portfolio = import(&ctx, "Broker", &ours).await;
        let id = pack(&ctx, &ours, DAY).await.id;
        let ledger = Source::parse(&text(&steps[..steps.len() - 1]));
        let row = reconciled(&ctx, portfolio, &id, &ledger, WithPortfolio).await;
        let named = first(&row).unwrap().ours.unwrap();
        assert_eq!(named.ledger_commit_hash.as_deref(), Some("before"));
        assert_eq!(row.ledger_commit_hash.as_deref(), Some("c0ffee"));
        assert_eq!(named.moved.narration, Some(steps[steps.len() - 1].narration()));
    }

    async fn another_day_before_the_packs_makes_no_difference(db) {
        let ctx = db.ctx().await;
        let mut steps = history(&mut Rng::with_seed(3));
        let late = steps.len() - 1;
        let ours = Source::parse(&text(&steps));
        let portfolio = import(&ctx, "Broker", &ours).await;
        let id = pack(&ctx, &ours, DAY).await.id;
        steps[late].date = steps[late].date + chrono::Days::new(1);
        let ledger = Source::parse(&text(&steps));
        let row = reconciled(&ctx, portfolio, &id, &ledger, WithPortfolio).await;
        // By the day of the pack both sides have it.
        assert!(row.passed, "{row:#?}");
        assert_eq!(first(&row), None);
    }
}
