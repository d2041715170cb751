//! This crate's own migrations.

use db::Engine;

use super::{Finding, Rule, Step, lint};
use crate::{migrations, record};

#[tokio::test]
async fn the_migrations_of_this_crate_follow_the_rules() {
    let recordings = record(&migrations(), Engine::Postgres).await.unwrap();
    let steps: Vec<_> = recordings
        .iter()
        .map(|recording| Step {
            migration: &recording.name,
            statements: &recording.up,
            in_transaction: recording.in_transaction,
        })
        .collect();
    let statements: usize = steps.iter().map(|step| step.statements.len()).sum();
    assert!(statements > 60, "{statements}");

    // The DO block that makes hypertables of the series where the operator chose them. This goes when
    // the statement carries its waiver.
    let known = |found: &Finding| {
        found.rule == Rule::Unreadable
            && found.migration == "m20261121_000008_series"
            && found.what.contains("CREATE TABLE series_of_days (LIKE")
    };
    let findings = lint(&steps);
    assert_eq!(findings.iter().filter(|found| known(found)).count(), 1);
    let findings: Vec<String> = findings
        .iter()
        .filter(|found| !known(found))
        .map(ToString::to_string)
        .collect();
    assert!(findings.is_empty(), "{findings:#?}");
}
