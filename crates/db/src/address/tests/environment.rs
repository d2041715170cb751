use std::{env, process::Command};

use super::postgres;

const CHILD: &str = "TEST_ADDRESS_IN_CHILD";
const MARK: &str = "options: ";

/// What the driver is told for a URL that says as little as it can.
fn options() -> String {
    let address = postgres("postgres://db.example/books");
    format!("{MARK}{:?}", address.options(&address.hosts()[0]))
}

#[test]
fn no_variable_of_libpq_changes_what_a_url_means() {
    if env::var_os(CHILD).is_some() {
        println!("\n{}", options());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pgpass = folder.path().join("pgpass");
    std::fs::write(&pgpass, "*:*:*:*:from-pgpass\n").unwrap();

    let name = "address::tests::environment::no_variable_of_libpq_changes_what_a_url_means";
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(CHILD, "1");
    child.env("PGPASSFILE", &pgpass);
    for variable in [
        "PGHOST",
        "PGHOSTADDR",
        "PGUSER",
        "PGPASSWORD",
        "PGDATABASE",
        "PGSSLROOTCERT",
        "PGAPPNAME",
    ] {
        child.env(variable, "from-the-environment");
    }
    child.env("PGPORT", "6000").env("PGSSLMODE", "disable");
    let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
    let told = output.lines().find(|line| line.starts_with(MARK)).unwrap();
    assert_eq!(told, options());
}
