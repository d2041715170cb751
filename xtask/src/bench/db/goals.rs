//! What was wanted, and whether it was reached.

use super::{Measured, bulk, requests, statements};
use crate::bench::figures::{cut, percent, raised};
use crate::bench::report::Table;

const MEMORY_BYTES: f64 = 40e6;
const LENDING_US: f64 = 10.0;
const COPY_TIMES: f64 = 1.3;
const TIMES_FASTAPI: f64 = 8.0;
const SHARE_OF_BARE: f64 = 0.8;

struct Goal {
    what: String,
    figure: String,
    compared: String,
    wanted: String,
    is_reached: bool,
}

pub fn table(measured: &Measured) -> Table {
    let mut table = Table::new(
        "Goals",
        &["What", "Figure", "Compared with", "Goal", "Outcome"],
    );
    let mut goals = shares_of_pgbench(&measured.statements);
    goals.extend(of_requests(&measured.requests));
    goals.push(memory(measured.memory_bytes));
    goals.push(lending(measured));
    goals.extend(measured.copies.iter().map(copy));
    for goal in goals {
        let outcome = if goal.is_reached { "reached" } else { "missed" };
        table.add([
            goal.what,
            goal.figure,
            goal.compared,
            goal.wanted,
            outcome.to_owned(),
        ]);
    }
    table
}

fn shares_of_pgbench(all: &[statements::Figures]) -> Vec<Goal> {
    let shares = [
        ("pack_by_id", "Pack by id through sea-orm", 0.5),
        ("latest_pack", "Latest pack through sea-orm", 0.5),
        ("positions", "Positions of 50 lots through sea-orm", 0.65),
        ("insert", "Insert through sea-orm", 0.75),
    ];
    let found = shares.iter().filter_map(|(name, what, share)| {
        let figures = all.iter().find(|figures| figures.name == *name)?;
        Some(Goal {
            what: (*what).to_owned(),
            figure: format!("{}/s", cut(figures.orm, 0)),
            compared: format!(
                "{} of pgbench's {}/s",
                percent(figures.orm, figures.pgbench),
                cut(figures.pgbench, 0)
            ),
            wanted: format!("at least {:.0} %", 100.0 * share),
            is_reached: figures.orm >= share * figures.pgbench,
        })
    });
    found.collect()
}

fn of_requests(all: &[requests::Figures]) -> Vec<Goal> {
    let find = |name: &str| all.iter().find(|figures| figures.name == name);
    let latest = find("latest").map(|figures| times_fastapi("Latest pack over HTTP", figures));
    let by_id = find("frozen").map(|figures| times_fastapi("Frozen pack by id over HTTP", figures));
    let bare = find("frozen").and_then(|figures| {
        let bare = figures.bare?;
        Some(Goal {
            what: "Frozen pack by id over HTTP".to_owned(),
            figure: format!("{}/s", cut(figures.ours, 0)),
            compared: format!(
                "{} of the bare handler's {}/s",
                percent(figures.ours, bare),
                cut(bare, 0)
            ),
            wanted: format!("at least {:.0} %", 100.0 * SHARE_OF_BARE),
            is_reached: figures.ours >= SHARE_OF_BARE * bare,
        })
    });
    [latest, by_id, bare].into_iter().flatten().collect()
}

fn times_fastapi(what: &str, figures: &requests::Figures) -> Goal {
    let times = figures.ours / figures.one_process;
    Goal {
        what: what.to_owned(),
        figure: format!("{}/s", cut(figures.ours, 0)),
        compared: format!(
            "{} times FastAPI's {}/s in one process",
            cut(times, 1),
            cut(figures.one_process, 0)
        ),
        wanted: format!("at least {TIMES_FASTAPI:.0} times"),
        is_reached: times >= TIMES_FASTAPI,
    }
}

#[allow(clippy::cast_precision_loss)]
fn memory(peak: Option<u64>) -> Goal {
    let bytes = peak.map(|bytes| bytes as f64);
    Goal {
        what: "Memory of the service at its peak".to_owned(),
        figure: bytes.map_or_else(
            || "not measured here".to_owned(),
            |bytes| format!("{} MB", raised(bytes / 1e6, 1)),
        ),
        compared: "after all the load over HTTP".to_owned(),
        wanted: format!("under {:.0} MB", MEMORY_BYTES / 1e6),
        is_reached: bytes.is_some_and(|bytes| bytes < MEMORY_BYTES),
    }
}

fn lending(measured: &Measured) -> Goal {
    let lending = &measured.lending;
    Goal {
        what: "Acquire and release of a connection".to_owned(),
        figure: format!("{} µs", raised(lending.difference_us(), 2)),
        compared: format!(
            "`SELECT 1` in {} µs lent, {} µs held",
            raised(lending.lent_us, 2),
            raised(lending.held_us, 2)
        ),
        wanted: format!("under {LENDING_US:.0} µs"),
        is_reached: lending.difference_us() < LENDING_US,
    }
}

fn copy(figures: &bulk::Figures) -> Goal {
    Goal {
        what: format!("{} price rows into {}", figures.rows, figures.engine),
        figure: format!("{} s", raised(figures.ours, 2)),
        compared: format!(
            "{} times {}'s {} s",
            raised(figures.times(), 2),
            figures.loader,
            raised(figures.theirs, 2)
        ),
        wanted: format!("at most {COPY_TIMES} times"),
        is_reached: figures.times() <= COPY_TIMES,
    }
}

#[cfg(test)]
mod tests {
    use super::memory;

    #[test]
    fn a_goal_is_judged_by_what_was_measured_not_by_what_is_shown() {
        let just_over = memory(Some(40_000_001));
        assert_eq!(just_over.figure, "40.1 MB");
        assert!(!just_over.is_reached);
        assert!(memory(Some(39_999_999)).is_reached);
        assert!(!memory(None).is_reached);
    }
}
