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
fn the_test_servers_know_nothing_of_ours_and_no_product_stands_on_them() {
    let users = ["testkit", "tests", "xtask"];
    assert!(faults(&users.map(|user| ours(user, "testservers"))).is_empty());
    assert_eq!(
        faults(&[ours("testservers", "db")]),
        ["testservers -> db: testservers may depend on nothing of ours"]
    );
    assert_eq!(faults(&[ours("tallystick", "testservers")]).len(), 1);
}

#[test]
fn only_the_tests_of_the_database_crate_run_on_servers_of_their_own() {
    assert!(faults(&[for_tests(ours("db", "testservers"))]).is_empty());
    assert_eq!(faults(&[ours("db", "testservers")]).len(), 1);
    assert_eq!(faults(&[for_tests(ours("books", "testservers"))]).len(), 1);
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
