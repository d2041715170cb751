//! From before a job is enqueued until it starts in a worker that waits for one.

use anyhow::Result;

use super::Bench;
use super::ours::Place;
use super::rates::new_database;
use crate::bench::Engine;
use crate::bench::figures::raised;
use crate::bench::report::Table;

pub fn measure(bench: &Bench) -> Result<Table> {
    let jobs = bench.options.latencies;
    let mut table = Table::new(
        &format!(
            "From before a job is enqueued until a waiting worker starts it, {jobs} jobs one by one"
        ),
        &["Queue", "Worker", "Median", "99% within"],
    );
    let places = [
        (Engine::Postgres, Place::SameProcess),
        (Engine::Postgres, Place::OtherProcess),
        (Engine::Sqlite, Place::SameProcess),
    ];
    for (index, (engine, place)) in places.into_iter().enumerate() {
        let database = new_database(bench, engine, &format!("latency_{index}"))?;
        let times = bench.program.latencies(&database, jobs, place)?;
        let queue = format!("Tallystick, {}", engine.name());
        table.add(row(queue, place.title(), times));
    }
    for peer in &bench.peers {
        let name = format!("{}_latency", peer.name);
        let directory = bench.scratch.path();
        let database = Engine::Postgres.new_database(&bench.cluster, directory, &name)?;
        peer.enqueue(&database, 0, 1, super::peers::Order::Free)?;
        let times = peer.latencies(&database, jobs)?;
        table.add(row(peer.title.clone(), "in the same process", times));
    }
    Ok(table)
}

fn row(queue: String, worker: &str, mut times: Vec<f64>) -> [String; 4] {
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
        let time = times.get(index).copied().unwrap_or(f64::NAN);
        format!("{} ms", raised(time, 2))
    };
    [queue, worker.to_owned(), at(50), at(99)]
}
