//! Who may know whom (ARCHITECTURE.md): which crate may depend on which.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata};

/// Our crates, each with those of ours that it may depend on.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("entity", &[]),
    ("db", &[]),
    ("returns", &[]),
    ("ledger", &[]),
    ("migration", &["db"]),
    ("identity", &["db", "entity"]),
    ("pricing", &["identity", "ledger", "db", "entity"]),
    ("books", &["identity", "ledger", "db", "entity"]),
    ("workflow", &["identity", "db", "entity"]),
    (
        "performance",
        &[
            "pricing", "books", "returns", "ledger", "identity", "db", "entity",
        ],
    ),
    (
        "insight",
        &[
            "performance",
            "pricing",
            "books",
            "identity",
            "db",
            "entity",
        ],
    ),
    (
        "patterns",
        &[
            "insight",
            "performance",
            "pricing",
            "books",
            "workflow",
            "ledger",
            "identity",
            "db",
            "entity",
        ],
    ),
    (
        "api",
        &[
            "patterns",
            "insight",
            "performance",
            "workflow",
            "pricing",
            "books",
            "ledger",
            "identity",
            "db",
            "entity",
        ],
    ),
];

/// The console knows the product through the published contract.
const CONSOLE: (&str, &[&str]) = ("console", &["api"]);

/// It is no part of the product: only the unbound stand on it, and tests of these crates.
const TEST_SERVERS: (&str, &[&str]) = ("testservers", &[]);
const TESTED_ON_SERVERS: [&str; 5] = ["db", "migration", "pricing", "tallystick", "workflow"];

/// The binary stands on all of these; see `allowed_for`.
const BINARY: &str = "tallystick";

/// Tests and automation may know everything.
const UNBOUND: [&str; 3] = ["testkit", "tests", "xtask"];

/// Other people's crates, by the beginning of their names, and who may or may not know them.
const THIRD_PARTY: [(&str, Knowers); 3] = [
    ("actix-", Knowers::Only(&["api", "console", "tallystick"])),
    ("sea-orm", Knowers::AllBut(&["api", "returns", "ledger"])),
    ("sqlx", Knowers::AllBut(&["api", "returns", "ledger"])),
];

enum Knowers {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// A dependency that one of our crates declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub for_tests: bool,
    pub is_ours: bool,
}

pub fn edges(metadata: &Metadata) -> Vec<Edge> {
    let packages = metadata.workspace_packages();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut edges = Vec::new();
    for package in &packages {
        for dependency in &package.dependencies {
            edges.push(Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                for_tests: dependency.kind == DependencyKind::Development,
                is_ours: ours.contains(dependency.name.as_str()),
            });
        }
    }
    edges
}

/// One line for each edge that the rule forbids.
pub fn faults(edges: &[Edge]) -> Vec<String> {
    edges
        .iter()
        .filter(|edge| !UNBOUND.contains(&edge.from.as_str()))
        .filter_map(fault)
        .collect()
}

fn fault(edge: &Edge) -> Option<String> {
    if edge.is_ours {
        our_fault(edge)
    } else {
        third_party_fault(edge)
    }
}

fn our_fault(edge: &Edge) -> Option<String> {
    let Edge { from, to, .. } = edge;
    let is_test_server = *to == TEST_SERVERS.0 && TESTED_ON_SERVERS.contains(&from.as_str());
    let shows_itself_on_entities = from == "db" && to == "entity";
    if edge.for_tests && (to == "testkit" || is_test_server || shows_itself_on_entities) {
        return None;
    }
    let Some(allowed) = allowed_for(from) else {
        return Some(format!(
            "{from} -> {to}: {from} is not in the table of xtask/src/check/dependency_rule.rs"
        ));
    };
    if allowed.contains(&to.as_str()) {
        return None;
    }
    let allowed = if allowed.is_empty() {
        "nothing of ours".into()
    } else {
        allowed.join(", ")
    };
    Some(format!("{from} -> {to}: {from} may depend on {allowed}"))
}

fn allowed_for(name: &str) -> Option<Vec<&'static str>> {
    let table = || ALLOWED.iter().chain([&CONSOLE]);
    if name == BINARY {
        return Some(table().map(|(below, _)| *below).collect());
    }
    table()
        .chain([&TEST_SERVERS])
        .find(|(crate_name, _)| *crate_name == name)
        .map(|(_, allowed)| allowed.to_vec())
}

fn third_party_fault(edge: &Edge) -> Option<String> {
    let Edge { from, to, .. } = edge;
    let (_, knowers) = THIRD_PARTY
        .iter()
        .find(|(prefix, _)| to.starts_with(prefix))?;
    match knowers {
        Knowers::Only(names) if !names.contains(&from.as_str()) => Some(format!(
            "{from} -> {to}: only {} may depend on it",
            names.join(", ")
        )),
        Knowers::AllBut(names) if names.contains(&from.as_str()) => Some(format!(
            "{from} -> {to}: all but {} may depend on it",
            names.join(", ")
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
