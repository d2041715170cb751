//! What the chain of the audit log costs: transactions a second with and without a row of it, from many
//! writers, on the server that `TEST_DATABASE_URL` names (docs/performance.md).

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{
    env,
    time::{Duration, Instant},
};

use db::{Database, Settings, Tx};
use entity::{
    books::security,
    values::{SecurityId, SecurityKind},
};
use identity::{
    Ctx,
    audit::{self, Entry},
};
use sea_orm::{EntityTrait, IntoActiveModel};
use testkit::TestDatabase;

const WRITERS: [usize; 4] = [1, 4, 16, 64];
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() {
    let seconds = env::args().nth(1).map_or(2, |text| text.parse().unwrap());
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let settings = Settings {
        pool_max_size: WRITERS[WRITERS.len() - 1].try_into().unwrap(),
        ..db.settings()
    };
    let database = Database::connect(&settings).await.unwrap();
    let ctx = db.ctx().await;
    println!("| Writers | Without a row | With a row | Share |");
    println!("|---------|---------------|------------|-------|");
    for writers in WRITERS {
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (is_audited, rates) in [false, true].into_iter().zip(&mut rates) {
                let time = Duration::from_secs(seconds);
                rates.push(measure(&ctx, &database, writers, is_audited, time).await);
            }
        }
        let [without, with] = rates.map(median);
        let share = with * 100 / without.max(1);
        println!("| {writers} | {without} | {with} | {share} % |");
    }
    assert!(is_intact(&database).await, "the chain has a fault");
    database.close().await;
}

/// Transactions a second.
async fn measure(
    ctx: &Ctx,
    database: &Database,
    writers: usize,
    is_audited: bool,
    time: Duration,
) -> u64 {
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (ctx, database) = (ctx.clone(), database.clone());
            tokio::spawn(async move {
                let mut done = 0;
                while started.elapsed() < time {
                    let ctx = ctx.clone();
                    let written = database.write(move |tx| {
                        let ctx = ctx.clone();
                        async move { write(&ctx, &tx, is_audited).await }
                    });
                    written.await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0_u64;
    for task in tasks {
        done += task.await.unwrap();
    }
    u64::try_from(u128::from(done) * 1000 / started.elapsed().as_millis()).unwrap()
}

async fn write(ctx: &Ctx, tx: &Tx, is_audited: bool) -> Result<(), db::Error> {
    let (id, now) = (SecurityId::new(), ctx.now());
    let row = security::Model {
        id,
        symbol: id.to_string(),
        name: "Measured".to_owned(),
        kind: SecurityKind::Equity,
        currency: "USD".to_owned(),
        exchange: None,
        isin: None,
        figi: None,
        sector: None,
        country: None,
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    let insert = security::Entity::insert(row.into_active_model());
    insert.exec_without_returning(tx).await?;
    if is_audited {
        let entry = Entry::done("security.create", "security").of(id);
        audit::append(ctx, tx, entry.with("name", "Measured")).await?;
    }
    Ok(())
}

fn median(mut rates: Vec<u64>) -> u64 {
    rates.sort_unstable();
    rates[rates.len() / 2]
}

async fn is_intact(database: &Database) -> bool {
    let verdict = audit::verify(database, None, &|_| ()).await.unwrap();
    println!("\n{} rows were verified.", verdict.good.seq);
    verdict.fault.is_none()
}
