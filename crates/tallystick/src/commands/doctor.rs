//! `tallystick doctor`: what is configured, whether it works, and what to do where it does not.

mod accounts;
mod checks;
mod server;

use serde::Serialize;

use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
    settings::Settings,
    table::{Column, table},
};

/// What one check came to.
#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    subject: &'static str,
    state: State,
    found: String,
    /// What to do; `None` where nothing needs to be done.
    advice: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Fault,
    /// Could not be checked because of another fault.
    Unchecked,
}

pub async fn run(output: Json) -> Result<(), Error> {
    let checks = match Settings::load() {
        Ok(settings) => checks::all(&settings).await,
        Err(error) => vec![Check::fault(
            "configuration",
            error.to_string(),
            "correct the settings named here",
        )],
    };
    let faults = checks
        .iter()
        .filter(|check| check.state == State::Fault)
        .count();
    if output.json {
        print_json(&serde_json::json!({ "healthy": faults == 0, "checks": checks }))?;
    } else {
        print(&show(&checks))?;
    }
    if faults == 0 {
        Ok(())
    } else {
        Err(Error::Unhealthy(faults))
    }
}

fn show(checks: &[Check]) -> String {
    let columns = ["check", "state", "found", "what to do"].map(Column::Words);
    let row = |check: &Check| {
        let state = match check.state {
            State::Ok => "ok",
            State::Fault => "FAULT",
            State::Unchecked => "not checked",
        };
        let advice = check.advice.clone().unwrap_or_default();
        vec![
            check.subject.to_owned(),
            state.to_owned(),
            check.found.clone(),
            advice,
        ]
    };
    table(&columns, checks.iter().map(row))
}

impl Check {
    fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self {
            subject,
            state: State::Ok,
            found: found.into(),
            advice: None,
        }
    }

    /// Fine as it is, with something to know.
    fn note(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            advice: Some(advice.into()),
            ..Self::ok(subject, found)
        }
    }

    fn fault(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Fault,
            ..Self::note(subject, found, advice)
        }
    }

    fn unchecked(subject: &'static str, found: impl Into<String>) -> Self {
        Self {
            state: State::Unchecked,
            ..Self::ok(subject, found)
        }
    }
}
