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
    ("workflow", &["identity", "ledger", "db", "entity"]),
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
    if edge.for_tests && to == "testkit" {
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
mod tests {
    use super::{ALLOWED, Edge, faults};

    fn ours(from: &str, to: &str) -> Edge {
        Edge {
            from: from.into(),
            to: to.into(),
            for_tests: false,
            is_ours: true,
        }
    }

    fn third_party(from: &str, to: &str) -> Edge {
        Edge {
            is_ours: false,
            ..ours(from, to)
        }
    }

    fn for_tests(edge: Edge) -> Edge {
        Edge {
            for_tests: true,
            ..edge
        }
    }

    #[test]
    fn arrows_that_point_down_pass() {
        let edges = [
            ours("tallystick", "migration"),
            ours("tallystick", "console"),
            ours("console", "api"),
            ours("api", "patterns"),
            ours("performance", "returns"),
            ours("books", "ledger"),
            ours("migration", "db"),
            third_party("api", "actix-web"),
            third_party("books", "sea-orm"),
            third_party("returns", "thiserror"),
        ];
        assert_eq!(faults(&edges), Vec::<String>::new());
    }

    #[test]
    fn an_edge_up_or_across_is_named_with_what_is_allowed() {
        assert_eq!(
            faults(&[
                ours("migration", "entity"),
                ours("books", "pricing"),
                ours("db", "entity")
            ]),
            [
                "migration -> entity: migration may depend on db",
                "books -> pricing: books may depend on identity, ledger, db, entity",
                "db -> entity: db may depend on nothing of ours",
            ]
        );
    }

    #[test]
    fn the_test_kit_is_for_tests() {
        assert!(faults(&[for_tests(ours("books", "testkit"))]).is_empty());
        assert_eq!(faults(&[ours("books", "testkit")]).len(), 1);
        assert_eq!(faults(&[for_tests(ours("books", "pricing"))]).len(), 1);
        let unbound = [
            ours("testkit", "migration"),
            third_party("xtask", "actix-web"),
        ];
        assert!(faults(&unbound).is_empty());
    }

    #[test]
    fn a_crate_outside_the_table_is_a_fault() {
        let faults = faults(&[ours("common", "db")]);
        assert!(faults[0].contains("not in the table"), "{faults:?}");
    }

    #[test]
    fn the_web_framework_and_the_database_stay_in_their_places() {
        assert_eq!(
            faults(&[
                third_party("books", "actix-web"),
                third_party("api", "sea-orm")
            ]),
            [
                "books -> actix-web: only api, console, tallystick may depend on it",
                "api -> sea-orm: all but api, returns, ledger may depend on it",
            ]
        );
        assert_eq!(faults(&[third_party("ledger", "sqlx")]).len(), 1);
        assert_eq!(
            faults(&[for_tests(third_party("returns", "sea-orm-migration"))]).len(),
            1
        );
    }

    #[test]
    fn the_table_has_no_cycle() {
        for (index, (name, allowed)) in ALLOWED.iter().enumerate() {
            for below in *allowed {
                let place = ALLOWED.iter().position(|(other, _)| other == below);
                assert!(
                    place.is_some_and(|place| place < index),
                    "{name} -> {below} points up"
                );
            }
        }
    }
}
