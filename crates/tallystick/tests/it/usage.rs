use crate::support::Home;

#[test]
fn wrong_usage_is_status_2_and_says_what_is_expected() {
    for arguments in [
        &["no-such-command"][..],
        &[],
        &["demo", "--port", "eighty"],
        &["demo", "--print-ledger", "--json"],
        &["migrate"],
        &["migrate", "down", "0"],
        &["ledger", "value", "a.beancount"],
        &["ledger", "value", "a.beancount", "--accounts"],
        &[
            "ledger",
            "value",
            "a.beancount",
            "--accounts",
            "A",
            "--asof",
            "2024-02-30",
        ],
        &[
            "ledger",
            "value",
            "a.beancount",
            "--accounts",
            "A",
            "--asof",
            "2024-2-3",
        ],
        &["ledger", "import", "a.beancount", "--accounts", "A"],
        &[
            "ledger",
            "import",
            "a",
            "--accounts",
            "A",
            "--portfolio",
            "P",
            "--currency",
            "usd",
        ],
        &["pack", "build", "--asof", "2024-01-01"],
        &["pack", "build", "--ledger", "a.beancount"],
        &[
            "pack",
            "build",
            "--asof",
            "2024-01-01",
            "--ledger",
            "a",
            "--prices",
            "b",
        ],
        &[
            "pack",
            "build",
            "--asof",
            "2024-01-01",
            "--ledger",
            "a",
            "--fx",
            "b",
        ],
        &["pack", "show"],
        &["positions"],
        &["producer"],
        &["producer", "add", "momentum"],
        &["producer", "rotate"],
    ] {
        is_wrong_usage(arguments);
    }
}

#[test]
fn wrong_usage_of_accounts_is_status_2_too() {
    for line in [
        "user add",
        "user role ada@example.org owner",
        "user add a@b --no-password --password-stdin",
        "token create --user ada@example.org",
        "token create --user a@b --scope books",
        "token create --user a@b --scope admin --expires 90",
        "token create --user a@b --scope admin --expires 0d",
        "token revoke tsk",
        "keys",
    ] {
        is_wrong_usage(&line.split(' ').collect::<Vec<_>>());
    }
}

fn is_wrong_usage(arguments: &[&str]) {
    let ran = Home::new().run(arguments);
    assert_eq!(ran.status, Some(2), "{arguments:?}: {ran:#?}");
    assert!(
        ran.stderr.contains("--help") || ran.stderr.contains("Usage"),
        "{arguments:?}: {}",
        ran.stderr
    );
    assert!(ran.stdout.is_empty(), "{arguments:?}: {}", ran.stdout);
}

#[test]
fn help_and_version_are_no_failure() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "ledger", "value"],
        &["ledger", "import", "--help"],
        &["pack", "build", "--help"],
        &["positions", "--help"],
    ] {
        let ran = Home::new().run(arguments).succeeded();
        assert!(!ran.stdout.is_empty(), "{arguments:?}");
    }
    let help = Home::new().run(&["--help"]).stdout;
    for command in [
        "demo",
        "serve",
        "migrate",
        "ledger",
        "pack",
        "positions",
        "producer",
        "user",
        "token",
        "keys",
        "openapi",
        "doctor",
        "Examples",
    ] {
        assert!(help.contains(command), "{command} is missing in:\n{help}");
    }
}

#[test]
fn openapi_prints_the_contract_without_a_database() {
    let home = Home::new().with("DATABASE_URL", "sqlite:///no/such/folder/x.db");
    let ran = home.run(&["openapi"]).succeeded();
    let contract: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(contract["paths"]["/v1/portfolios/{id}/positions"].is_object());
}
