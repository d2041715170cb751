//! The figures as a table.

use super::rounds::Figures;
use crate::bench::Engine;
use crate::bench::figures::{cut, percent, raised};
use crate::bench::http::CONNECTIONS;
use crate::bench::report::Table;

pub fn table(all: &[Figures]) -> Table {
    let mut table = Table::new(
        &format!(
            "Requests a second over HTTP at {CONNECTIONS} keep-alive connections, medians of the rounds"
        ),
        &[
            "Engine",
            "Request",
            "Without",
            "JWT",
            "99% within",
            "Share",
            "API token",
            "Share",
            "Goal",
            "Outcome",
        ],
    );
    for figures in all {
        table.add(row(figures));
    }
    table
}

fn row(figures: &Figures) -> [String; 10] {
    let [goal, outcome] = goal(figures);
    [
        figures.engine.name().to_owned(),
        figures.case.title.to_owned(),
        cut(figures.without, 0),
        cut(figures.jwt, 0),
        format!("{} ms", raised(figures.jwt_slowest_percent_ms, 2)),
        percent(figures.jwt_share, 1.0),
        cut(figures.api_token, 0),
        percent(figures.api_token_share, 1.0),
        goal,
        outcome,
    ]
}

/// The goals are about row security, which SQLite does not have.
fn goal(figures: &Figures) -> [String; 2] {
    let least = figures.case.least_share;
    match figures.engine {
        Engine::Sqlite => ["–".to_owned(), "–".to_owned()],
        Engine::Postgres => {
            let is_reached = figures.jwt_share >= least;
            let outcome = if is_reached { "reached" } else { "missed" };
            [format!("{} %", 100.0 * least), outcome.to_owned()]
        }
    }
}
