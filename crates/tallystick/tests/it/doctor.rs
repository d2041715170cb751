use std::net::TcpListener;

use serde_json::Value;
use testservers::{Cluster, Durability};

use crate::support::{Home, LEDGER};

fn state(report: &Value, check: &str) -> String {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|one| one["check"] == check);
    found.unwrap_or_else(|| panic!("no {check} in {report}"))["state"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What a check found, in words.
fn found_of(report: &Value, check: &str) -> String {
    let checks = report["checks"].as_array().unwrap();
    let one = checks.iter().find(|one| one["check"] == check).unwrap();
    one["found"].as_str().unwrap().to_owned()
}

fn report(home: &Home) -> (Option<i32>, Value) {
    let ran = home.run(&["doctor", "--json"]);
    (ran.status, serde_json::from_str(&ran.stdout).unwrap())
}

fn home() -> Home {
    Home::new().with("TALLYSTICK__SERVER__PORT", "0")
}

#[test]
fn a_new_machine_is_healthy_and_stays_untouched() {
    let home = home();
    let (status, report) = report(&home);
    assert_eq!(
        (status, &report["healthy"]),
        (Some(0), &Value::Bool(true)),
        "{report}"
    );
    assert!(!home.path("data").exists(), "the doctor made something");
}

#[test]
fn what_works_is_shown() {
    let home = home().with("TALLYSTICK__LEDGER__PATH", "books.beancount");
    home.write("books.beancount", LEDGER);
    home.run(&["pack", "list"]).succeeded();
    let (status, found) = report(&home);
    assert_eq!(status, Some(0), "{found}");
    for check in [
        "configuration",
        "database",
        "migrations",
        "writing",
        "server",
        "settings",
        "tables",
        "disk",
        "ledger",
        "port",
    ] {
        assert_eq!(state(&found, check), "ok", "{found}");
    }
    let table = home.run(&["doctor"]).succeeded().stdout;
    assert!(
        table.contains("all applied") && table.contains("what to do"),
        "{table}"
    );
}

#[test]
fn a_server_says_what_it_is_and_what_of_it_is_dangerous() {
    if testservers::find_postgres().is_none() {
        println!("skipped: there is no PostgreSQL to start");
        return;
    }
    let cluster = Cluster::start(Durability::Committed).unwrap();
    cluster.create_database("books").unwrap();
    let home = home().with("DATABASE_URL", &cluster.url("books"));
    home.run(&["migrate", "up"]).succeeded();
    let (status, found) = report(&home);
    assert_eq!(status, Some(0), "{found}");
    let says = |found: &Value, check: &str| {
        let checks = found["checks"].as_array().unwrap();
        let one = checks.iter().find(|one| one["check"] == check).unwrap();
        format!("{} {}", one["found"], one["advice"])
    };
    assert!(says(&found, "server").contains("PostgreSQL"), "{found}");
    for (role, login, says_of_it) in [
        ("tallystick", "", "a superuser"),
        (
            "bypasser",
            "BYPASSRLS IN ROLE tallystick_app",
            "has BYPASSRLS",
        ),
        (
            "deputy",
            "IN ROLE keeper, tallystick_app",
            "owns the tables",
        ),
        (
            "auditor",
            "IN ROLE tallystick_app, tallystick_admin",
            "the rows of all users",
        ),
        ("clerk", "IN ROLE tallystick_app", "clerk"),
    ] {
        if role == "deputy" {
            let owner = "CREATE ROLE keeper; ALTER TABLE lots OWNER TO keeper";
            cluster.psql("books", owner).unwrap();
        }
        if !login.is_empty() {
            let make = format!("CREATE ROLE {role} LOGIN {login}");
            cluster.psql("books", &make).unwrap();
        }
        let url = cluster
            .url("books")
            .replace("tallystick@", &format!("{role}@"));
        let (status, found) = report(&self::home().with("DATABASE_URL", &url));
        assert_eq!(status, Some(0), "{found}");
        let role_says = says(&found, "role");
        assert!(role_says.contains(says_of_it), "{found}");
        let is_advised = role_says.contains("member of tallystick_app");
        assert_eq!(is_advised, role != "clerk", "{found}");
    }
    assert!(
        says(&found, "connections").contains("tallystick application"),
        "{found}"
    );
    assert!(says(&found, "tables").contains("transactions "), "{found}");
    assert_eq!(state(&found, "pooler"), "ok", "{found}");

    cluster.set("fsync", "off").unwrap();
    let (status, found) = report(&home);
    assert_eq!(
        (status, state(&found, "settings")),
        (Some(1), "fault".to_owned()),
        "{found}"
    );
    cluster.set("fsync", "on").unwrap();

    let greedy = home.with("DB_POOL_MAX_SIZE", "500");
    let (_, found) = report(&greedy);
    assert!(
        says(&found, "settings").contains("database.pool_max_size"),
        "{found}"
    );
}

#[test]
fn each_fault_is_shown_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let home = Home::on("sqlite://own.db")
        .with("TALLYSTICK__SERVER__PORT", &port)
        .with("TALLYSTICK__LEDGER__PATH", "none.beancount");
    let (status, found) = report(&home);
    assert_eq!(status, Some(1));
    assert_eq!(found["healthy"], false);
    for check in ["database", "ledger", "port"] {
        assert_eq!(state(&found, check), "fault", "{found}");
    }
    let faults = found["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["state"] == "fault");
    assert!(
        faults.clone().all(|one| one["advice"].is_string()),
        "{found}"
    );

    std::fs::write(home.path("own.db"), "").unwrap();
    assert_eq!(state(&report(&home).1, "migrations"), "fault");
}

#[test]
fn a_wrong_setting_is_a_fault_too() {
    let home = Home::new().with("TALLYSTICK__SERVER__PORT", "x");
    let (status, found) = report(&home);
    assert_eq!(status, Some(1));
    assert_eq!(state(&found, "configuration"), "fault");
}

#[test]
fn a_service_of_ours_on_the_port_is_no_fault() {
    let first = Home::new();
    let service = first.serve("serve");
    let port = service.url.rsplit(':').next().unwrap().to_owned();
    let home = Home::new().with("TALLYSTICK__SERVER__PORT", &port);
    let (status, found) = report(&home);
    assert_eq!(
        (status, state(&found, "port")),
        (Some(0), "ok".to_owned()),
        "{found}"
    );
}

#[cfg(unix)]
#[test]
fn keys_that_others_may_read_are_a_fault() {
    use std::os::unix::fs::PermissionsExt;

    let home = home();
    let none = report(&home).1;
    assert_eq!(state(&none, "keys"), "ok", "{none}");
    let made = home.json(&["keys", "rotate", "--json"]);
    let found = report(&home).1;
    assert!(found_of(&found, "keys").contains("1 active"), "{found}");
    assert!(
        found_of(&found, "sessions").contains("15 minutes"),
        "{found}"
    );
    let key = home.path(&format!(
        "data/keys/{}.json",
        made["made"].as_str().unwrap()
    ));
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let found = report(&home).1;
    assert_eq!(state(&found, "keys"), "fault", "{found}");
    assert!(found_of(&found, "keys").contains("chmod 600"), "{found}");
}
