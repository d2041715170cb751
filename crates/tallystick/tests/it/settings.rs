use crate::support::Home;

#[test]
fn a_wrong_key_or_value_stops_the_start_with_its_name_and_what_was_expected() {
    let home = Home::new()
        .with("TALLYSTICK__SERVER__PORT", "http")
        .with("TALLYSTICK__LOG__FROMAT", "json");
    home.write(
        "config/development.toml",
        "[server]\nhots = \"127.0.0.1\"\n",
    );
    for command in [&["serve"][..], &["demo"], &["pack", "list"]] {
        home.run(command).failed_with(&[
            "server.port is `http` (from the variable TALLYSTICK__SERVER__PORT); expected a port",
            "log.fromat is not a setting (from the variable TALLYSTICK__LOG__FROMAT)",
            "server.hots is not a setting (in config/development.toml)",
        ]);
    }
}

#[test]
fn the_service_listens_on_addresses_alone() {
    for host in ["example.org", "127.0.0.1:80", "*", ""] {
        Home::new()
            .with("TALLYSTICK__SERVER__HOST", host)
            .run(&["serve"])
            .failed_with(&["server.host", "an IP address of this machine"]);
    }
}

#[test]
fn a_password_is_in_no_output() {
    let home = Home::on("postgres://tally:hunter2@127.0.0.1:1/books")
        .with("TALLYSTICK__LOG__LEVEL", "trace")
        .with("TALLYSTICK__DATABASE__ACQUIRE_TIMEOUT_MS", "200");
    for command in [
        &["doctor"][..],
        &["doctor", "--json"],
        &["migrate", "status"],
        &["pack", "list"],
        &["demo", "--port", "0"],
    ] {
        let ran = home.run(command).failed_with(&[]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains("hunter2"), "{command:?}: {said}");
        assert!(said.contains("127.0.0.1"), "{command:?}: {said}");
    }
}
