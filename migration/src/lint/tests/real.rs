//! This crate's own migrations.

use crate::findings;

#[tokio::test]
async fn the_migrations_of_this_crate_follow_the_rules() {
    let findings = findings().await.unwrap();
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}
