//! The set-up of docs/configuration.md, word by word.

use testservers::{Cluster, Durability};

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

/// The statements of the section on roles, which stand on a line each.
fn documented() -> Vec<String> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, section) = text.split_once("\n## Roles\n").unwrap();
    let (_, sql) = section.split_once("```sql\n").unwrap();
    let (sql, _) = sql.split_once("```").unwrap();
    sql.lines().map(str::to_owned).collect()
}

#[test]
fn the_documented_roles_are_all_that_a_service_needs() {
    if testservers::find_postgres().is_none() {
        println!("skipped: there is no PostgreSQL to start");
        return;
    }
    let cluster = Cluster::start(Durability::Committed).unwrap();
    for statement in documented() {
        cluster.psql("postgres", &statement).unwrap();
    }
    let url_of = |role: &str| {
        let url = cluster.url("books");
        url.replace("tallystick@", &format!("{role}@"))
    };
    let service = url_of("tallystick_service");
    let home = Home::on(&service).with("TALLYSTICK__SERVER__PORT", "0");
    home.run(&["migrate", "up"])
        .failed_with(&["permission denied"]);
    Home::on(&service)
        .with("DATABASE_OWNER_URL", &url_of("tallystick_owner"))
        .run(&["migrate", "up"])
        .succeeded();

    // From here on without the owner.
    home.add_user();
    home.write("books.beancount", LEDGER);
    home.json(&IMPORT);
    home.run(&["positions", "Broker"]).failed_with(&["pack"]);
    let found = home.json(&["doctor", "--json"]);
    let checks = found["checks"].as_array().unwrap();
    let role = checks.iter().find(|one| one["check"] == "role").unwrap();
    assert_eq!(role["found"], "tallystick_service");
    assert!(role["advice"].is_null(), "{role}");

    let count = "SELECT count(*) FROM portfolios";
    assert_eq!(cluster.psql("books", count).unwrap().trim(), "1");
    let as_service = format!("SET ROLE tallystick_service; {count}");
    assert_eq!(cluster.psql("books", &as_service).unwrap().trim(), "0");
}
