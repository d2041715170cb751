//! What the runs came to: Schemathesis's reports, and the service's own counters.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::http;
use crate::bench::report::Table;
use crate::bench::server::Server;

/// What the contract has for prices that are not there yet, or not good.
const TOLD_FAULTS: [(&str, &str); 4] = [
    ("/health/pack", "500"),
    ("/health/pack", "503"),
    ("/v1/execute", "503"),
    ("/v1/portfolios/{id}/positions", "503"),
];
const COUNTER: &str = "tallystick_http_requests_total{";

/// One run of Schemathesis.
pub struct Round {
    seed: u32,
    cases: u64,
    operations: u64,
    logins: u64,
    findings: Vec<String>,
}

/// All rounds as one caller.
pub struct Run {
    pub caller: &'static str,
    /// As the service counted them.
    pub requests: u64,
    pub seconds: u64,
    pub rounds: Vec<Round>,
    /// Answers of 500 and above, by route, as the service counted them.
    pub faults: Vec<String>,
    /// What the service logged as its faults.
    pub logged: Vec<String>,
}

impl Round {
    pub fn read(report: &Path, seed: u32) -> Result<Self> {
        let text = fs::read_to_string(report)?;
        let report: Value = serde_json::from_str(&text).context("the report is not JSON")?;
        Ok(Self::of(&report, seed))
    }

    fn of(report: &Value, seed: u32) -> Self {
        let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let mut findings = Vec::new();
        for failure in report["failures"].as_array().into_iter().flatten() {
            let operations: Vec<&str> = failure["operations"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let title = failure["title"].as_str().unwrap_or("a failure");
            findings.push(format!("{title}: {}", operations.join(", ")));
        }
        for error in report["errors"].as_array().into_iter().flatten() {
            findings.push(format!(
                "error: {}",
                error["title"].as_str().unwrap_or("unknown")
            ));
        }
        if report["complete"] != true {
            findings.push("the run did not come to its end".to_owned());
        }
        if report["auth"]["reauth_broke"] == true {
            findings.push("the caller could not log in any more".to_owned());
        }
        Self {
            seed,
            cases: number("/test_cases/generated"),
            operations: number("/operations/tested"),
            logins: number("/auth/reauth_count"),
            findings,
        }
    }

    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Run {
    pub fn is_clean(&self) -> bool {
        self.rounds.iter().all(Round::is_clean) && self.faults.is_empty() && self.logged.is_empty()
    }

    pub fn line(&self) -> String {
        let word = if self.is_clean() {
            "clean"
        } else {
            "with findings"
        };
        let Self {
            caller,
            requests,
            seconds,
            ..
        } = self;
        format!("as {caller}: {requests} requests in {seconds} s, {word}")
    }

    fn count_findings(&self) -> usize {
        let of_rounds: usize = self.rounds.iter().map(|round| round.findings.len()).sum();
        of_rounds + self.faults.len() + self.logged.len()
    }

    pub fn print_findings(&self) {
        for round in &self.rounds {
            for finding in &round.findings {
                println!("as {}, seed {}: {finding}", self.caller, round.seed);
            }
        }
        for fault in self.faults.iter().chain(&self.logged) {
            println!("as {}: {fault}", self.caller);
        }
    }
}

pub fn table(runs: &[Run]) -> String {
    let mut table = Table::new(
        "Requests by caller",
        &[
            "Caller",
            "Requests",
            "Test cases",
            "Operations",
            "Logins",
            "Rounds",
            "Time",
            "Findings",
        ],
    );
    for run in runs {
        let sum = |of: fn(&Round) -> u64| run.rounds.iter().map(of).sum::<u64>().to_string();
        let operations = run.rounds.iter().map(|round| round.operations).max();
        table.add([
            run.caller.to_owned(),
            run.requests.to_string(),
            sum(|round| round.cases),
            operations.unwrap_or(0).to_string(),
            sum(|round| round.logins),
            run.rounds.len().to_string(),
            format!("{} s", run.seconds),
            run.count_findings().to_string(),
        ]);
    }
    let requests: u64 = runs.iter().map(|run| run.requests).sum();
    let mut text = table.to_string();
    // Writing into a String does not fail.
    let _ = writeln!(text, "\n{requests} requests.");
    text
}

/// How many requests the service has answered.
pub fn requests(server: &Server) -> Result<u64> {
    Ok(counters(&http::get(&server.target, "/metrics")?)
        .map(|(_, count)| count)
        .sum())
}

/// The routes that have answered with 500 and above where nothing says that they may.
pub fn faults(server: &Server) -> Result<Vec<String>> {
    Ok(faults_in(&http::get(&server.target, "/metrics")?))
}

fn faults_in(metrics: &str) -> Vec<String> {
    counters(metrics)
        .filter(|(labels, _)| labels.contains("status=\"5"))
        .filter(|(labels, _)| {
            !TOLD_FAULTS.iter().any(|(path, status)| {
                labels.contains(&format!("route=\"{path}\""))
                    && labels.contains(&format!("status=\"{status}\""))
            })
        })
        .map(|(labels, count)| format!("{count} answers of {{{labels}}}"))
        .collect()
}

fn counters(metrics: &str) -> impl Iterator<Item = (&str, u64)> {
    metrics.lines().filter_map(|line| {
        let (labels, count) = line.strip_prefix(COUNTER)?.rsplit_once("} ")?;
        Some((labels, count.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Round, counters, faults_in};

    const METRICS: &str = "# TYPE tallystick_http_requests_total counter\n\
        tallystick_http_requests_total{method=\"GET\",route=\"/livez\",status=\"200\"} 7\n\
        tallystick_http_requests_total{method=\"POST\",route=\"/v1/execute\",status=\"503\"} 2\n\
        tallystick_http_requests_total{method=\"GET\",route=\"/health/pack\",status=\"500\"} 3\n\
        tallystick_http_requests_total{method=\"POST\",route=\"/v1/execute\",status=\"500\"} 1\n\
        tallystick_http_requests_in_flight 1\n";

    #[test]
    fn requests_are_added_up_and_faults_are_told() {
        let counts: u64 = counters(METRICS).map(|(_, count)| count).sum();
        assert_eq!(counts, 13);
        let faults = faults_in(METRICS);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with("1 answers of") && faults[0].contains("\"500\""));
    }

    #[test]
    fn a_failure_an_error_and_an_unfinished_run_are_findings() {
        let clean = json!({
            "complete": true, "failures": [], "errors": [], "test_cases": { "generated": 9 },
            "operations": { "tested": 3 }, "auth": { "reauth_count": 1, "reauth_broke": false },
        });
        let round = Round::of(&clean, 1);
        assert!(round.is_clean());
        assert_eq!((round.cases, round.operations, round.logins), (9, 3, 1));

        let failed = json!([{ "title": "Server error", "operations": ["GET /livez"] }]);
        for (member, value) in [
            ("complete", json!(false)),
            ("failures", failed),
            ("errors", json!([{ "title": "Network Error", "count": 1 }])),
            ("auth", json!({ "reauth_broke": true })),
        ] {
            let mut report = clean.clone();
            report[member] = value;
            assert!(!Round::of(&report, 1).is_clean(), "{member}");
        }
    }
}
