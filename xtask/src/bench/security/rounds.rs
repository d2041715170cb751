//! Rounds that take turns: whatever else the machine does meanwhile meets all sides alike.

use anyhow::Result;

use super::Bench;
use super::cases::{CASES, Case, Question};
use super::sides::{API_TOKEN, JWT, Side, Sides, WITHOUT};
use crate::bench::Engine;
use crate::bench::figures::{cut, median};
use crate::bench::http::{self, Load, Request};

const WARM_UP_SECONDS: u32 = 1;

/// Medians over the rounds.
pub struct Figures {
    pub engine: Engine,
    pub case: &'static Case,
    /// Requests a second.
    pub without: f64,
    pub jwt: f64,
    pub api_token: f64,
    pub jwt_slowest_percent_ms: f64,
    /// Of the requests a second without, in the same round.
    pub jwt_share: f64,
    pub api_token_share: f64,
}

pub fn measure(bench: &Bench, engine: Engine, sides: &Sides) -> Result<Vec<Figures>> {
    let of_case = |case| measure_case(bench, engine, sides, case);
    CASES.iter().map(of_case).collect()
}

fn measure_case(
    bench: &Bench,
    engine: Engine,
    sides: &Sides,
    case: &'static Case,
) -> Result<Figures> {
    let mut asked = Vec::new();
    for side in &sides.all {
        let question = case.to(side)?;
        load(side, &question, WARM_UP_SECONDS)?;
        asked.push((side, question));
    }
    let mut rates = [const { Vec::new() }; 3];
    let mut slowest = Vec::new();
    for _ in 0..bench.options.rounds {
        for (index, ((side, question), rates)) in asked.iter().zip(&mut rates).enumerate() {
            let load = load(side, question, bench.options.seconds)?;
            rates.push(load.requests_per_second);
            if index == JWT {
                slowest.push(load.slowest_percent_ms()?);
            }
        }
    }
    let figures = Figures {
        engine,
        case,
        without: median(&rates[WITHOUT]),
        jwt: median(&rates[JWT]),
        api_token: median(&rates[API_TOKEN]),
        jwt_slowest_percent_ms: median(&slowest),
        jwt_share: median_share(&rates[JWT], &rates[WITHOUT]),
        api_token_share: median_share(&rates[API_TOKEN], &rates[WITHOUT]),
    };
    println!(
        "{}, {}: {} a second with a JWT, {} without",
        engine.name(),
        case.title,
        cut(figures.jwt, 0),
        cut(figures.without, 0)
    );
    Ok(figures)
}

fn load(side: &Side, question: &Question, seconds: u32) -> Result<Load> {
    let held = question.if_none_match.as_deref();
    let held = held.map(|tag| ("If-None-Match", tag));
    let request = Request {
        path: &question.path,
        headers: held.as_slice(),
        script: None,
    };
    http::round(&side.target, request, seconds)
}

fn median_share(with: &[f64], without: &[f64]) -> f64 {
    let shares: Vec<f64> = with.iter().zip(without).map(|(a, b)| a / b).collect();
    median(&shares)
}

#[cfg(test)]
mod tests {
    use super::median_share;

    #[test]
    fn a_share_is_taken_within_a_round() {
        // The machine was busy in the second round.
        let (with, without) = ([80.0, 8.0, 81.0], [100.0, 10.0, 90.0]);
        assert!((median_share(&with, &without) - 0.8).abs() < 1e-9);
    }
}
