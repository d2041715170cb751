use migration::lint::Finding;
use serde_json::{Value, json};

use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
};

pub async fn run(output: Json) -> Result<(), Error> {
    let findings = migration::findings().await?;
    if output.json {
        let listed: Vec<Value> = findings.iter().map(finding_json).collect();
        print_json(&json!({ "is_clean": findings.is_empty(), "findings": listed }))?;
    } else if findings.is_empty() {
        print("The migrations keep the rules of docs/lint.md.")?;
    } else {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        print(&lines.join("\n"))?;
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(Error::Lint(count)),
    }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "migration": finding.migration,
        "statement": finding.statement,
        "rule": finding.rule.name(),
        "what": finding.what,
        "instead": finding.instead,
        "why": finding.rule.why(),
    })
}
