//! Claim to completion: jobs that are in the queue, done as fast as they can be.

use anyhow::Result;

use super::Bench;
use super::ours::{BATCHES, SINGLE, Way};
use super::peers::{Order, Peer};
use crate::bench::figures::{cut, median};
use crate::bench::report::Table;
use crate::bench::{Engine, as_service};

/// What the issue asks for, in jobs a second.
const GOALS: [(Engine, f64); 2] = [(Engine::Postgres, 5_000.0), (Engine::Sqlite, 2_500.0)];
/// Of one process of a peer; more of them are not faster on two cores.
const PEERS_CONCURRENCY: usize = 20;

enum Contender<'a> {
    Ours(Engine, Way),
    Theirs(&'a Peer, Order),
}

pub fn measure(bench: &Bench) -> Result<Table> {
    let contenders = contenders(bench);
    let mut rates = vec![Vec::new(); contenders.len()];
    for round in 0..bench.options.rounds {
        for (contender, rates) in contenders.iter().zip(&mut rates) {
            let rate = contender.turn(bench, round)?;
            println!("{}: {} jobs a second", contender.title(), cut(rate, 0));
            rates.push(rate);
        }
    }
    let options = bench.options;
    let mut table = Table::new(
        &format!(
            "Claim to completion, jobs a second, medians of {} turns with {} jobs of {} threads in the queue",
            options.rounds, options.jobs, options.threads
        ),
        &[
            "Queue",
            "How",
            "Order in a thread",
            "Jobs a second",
            "Goal",
            "Outcome",
        ],
    );
    for (contender, rates) in contenders.iter().zip(&rates) {
        table.add(contender.row(median(rates)));
    }
    Ok(table)
}

fn contenders<'a>(bench: &'a Bench) -> Vec<Contender<'a>> {
    let mut all = Vec::new();
    for engine in [Engine::Postgres, Engine::Sqlite] {
        all.extend([BATCHES, SINGLE].map(|way| Contender::Ours(engine, way)));
    }
    for peer in &bench.peers {
        all.extend(Order::BOTH.map(|order| Contender::Theirs(peer, order)));
    }
    all
}

impl Contender<'_> {
    fn title(&self) -> String {
        match self {
            Self::Ours(engine, way) => format!("Tallystick on {}, {}", engine.name(), way.title),
            Self::Theirs(peer, order) => format!("{}, {}", peer.title, order.name()),
        }
    }

    /// In a database of its own, so that nobody works between what others left behind.
    fn turn(&self, bench: &Bench, round: usize) -> Result<f64> {
        let options = bench.options;
        match self {
            Self::Ours(engine, way) => {
                let name = format!("ours_{}_{round}", way.batch);
                let database = new_database(bench, *engine, &name)?;
                bench
                    .program
                    .enqueue(&database, options.jobs, options.threads)?;
                settle(bench, *engine, &name)?;
                bench.program.rate(&database, *way, options.seconds)
            }
            Self::Theirs(peer, order) => {
                let name = format!("{}_{}_{round}", peer.name, order.name());
                let database =
                    Engine::Postgres.new_database(&bench.cluster, bench.scratch.path(), &name)?;
                peer.enqueue(&database, options.jobs, options.threads, *order)?;
                settle(bench, Engine::Postgres, &name)?;
                let turn = options.turn();
                peer.rate(&database, options.jobs, PEERS_CONCURRENCY, *order, turn)
            }
        }
    }

    fn row(&self, rate: f64) -> [String; 6] {
        let (queue, how, order, goal) = match self {
            Self::Ours(engine, way) => {
                let name = format!("Tallystick, {}", engine.name());
                let is_measured = way.batch > 1;
                let goal = GOALS.iter().find(|(of, _)| of.name() == engine.name());
                let goal = goal.filter(|_| is_measured).map(|(_, goal)| *goal);
                (name, way.title.to_owned(), "kept", goal)
            }
            Self::Theirs(peer, order) => {
                let order_text = match order {
                    Order::Ordered => "kept",
                    Order::Free => "none",
                };
                let how = format!("1 process, {PEERS_CONCURRENCY} at a time");
                (peer.title.clone(), how, order_text, None)
            }
        };
        let outcome = goal.map(|goal| if rate >= goal { "reached" } else { "missed" });
        [
            queue,
            how,
            order.to_owned(),
            cut(rate, 0),
            goal.map_or_else(|| "–".to_owned(), |goal| format!(">= {goal:.0}")),
            outcome.unwrap_or("–").to_owned(),
        ]
    }
}

/// Migrated, as the service meets it.
pub fn new_database(bench: &Bench, engine: Engine, name: &str) -> Result<String> {
    let directory = bench.scratch.path();
    let database = engine.new_database(&bench.cluster, directory, name)?;
    bench.product.migrate(&database, directory)?;
    Ok(as_service(&database))
}

/// What the server's own housekeeping would do in a while, so that it does not fall into one's turn.
pub fn settle(bench: &Bench, engine: Engine, name: &str) -> Result<()> {
    match engine {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => bench
            .cluster
            .psql(name, "VACUUM ANALYZE")
            .and_then(|_| bench.cluster.psql(name, "CHECKPOINT"))
            .map(drop),
    }
}
