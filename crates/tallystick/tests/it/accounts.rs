//! Users, tokens and keys on the command line.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::support::{Home, Ran};

const ADA: &str = "ada@example.org";

/// Runs a command with this text on its standard input.
fn run_with(home: &Home, arguments: &[&str], input: &str) -> Ran {
    let mut command = home.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap().into()
}

/// The users by their emails, but for the local owner.
fn users(home: &Home) -> Vec<Value> {
    let listed = home.json(&["user", "list", "--text", "@example.org", "--json"]);
    listed["items"].as_array().unwrap().clone()
}

fn only<'a>(values: &'a [Value], member: &str) -> Vec<&'a Value> {
    values.iter().map(|value| &value[member]).collect()
}

on_both_engines! {
    async fn a_user_is_added_once_with_a_password_that_is_shown_once(db) {
        let home = Home::of(&db);
        let added = home.json(&["user", "add", "Ada@Example.org", "--role", "admin", "--json"]);
        assert_eq!((&added["email"], &added["role"]), (&json!(ADA), &json!("admin")));
        assert_eq!(added["display_name"], "ada");
        let password = added["password"].as_str().unwrap();
        assert_eq!(password.len(), 24);
        home.run(&["user", "add", ADA]).failed_in_one_line_with(&[ADA, "exists already"]);

        let robot = home.run(&["user", "add", "robot@example.org", "--no-password"]).succeeded();
        assert_eq!(robot.stdout, "Added robot@example.org as user.\n");
        let all = users(&home);
        assert_eq!(only(&all, "email"), [ADA, "robot@example.org"]);
        let table = home.run(&["user", "list"]).succeeded().stdout;
        assert!(table.contains(ADA) && !table.contains(password), "{table}");
    }

    async fn a_password_is_read_from_standard_input_and_judged(db) {
        let home = Home::of(&db);
        let add = ["user", "add", ADA, "--password-stdin", "--json"];
        for (weak, said) in [
            ("short\n", "too short"),
            ("password1\n", "first that anybody would try"),
            ("ada@example.org\n", "your own name"),
            ("\n", "too short"),
        ] {
            run_with(&home, &add, weak).failed_in_one_line_with(&[said]);
        }
        assert_eq!(users(&home), [json!(null); 0]);
        let added = run_with(&home, &add, "kettle-moss-41\r\n").succeeded().stdout;
        assert!(!added.contains("password") && !added.contains("kettle"), "{added}");

        let replace = ["user", "password", ADA, "--password-stdin"];
        let replaced = run_with(&home, &replace, "kettle-moss-42\n").succeeded().stdout;
        assert!(replaced.contains("new password") && !replaced.contains("moss"), "{replaced}");
        let made_up = home.json(&["user", "password", ADA, "--json"]);
        assert_eq!(made_up["password"].as_str().unwrap().len(), 24);
    }

    async fn roles_change_and_the_last_admin_stays(db) {
        let home = Home::of(&db);
        let admin = home.add_user();
        home.run(&["user", "add", ADA]).succeeded();
        let said = home.run(&["user", "role", ADA, "manager"]).succeeded().stdout;
        assert_eq!(said, "ada@example.org was user and is manager.\n");
        assert_eq!(only(&users(&home), "role"), ["admin", "manager"]);
        home.run(&["user", "role", "nobody@example.org", "user"])
            .failed_in_one_line_with(&["nobody@example.org"]);
        home.run(&["user", "disable", &admin])
            .failed_in_one_line_with(&["last active administrator"]);
    }

    async fn a_token_is_shown_once_and_ends_when_it_is_told_to(db) {
        let home = Home::of(&db);
        home.run(&["user", "add", ADA, "--no-password"]).succeeded();
        let made = home.json(&[
            "token", "create", "--user", ADA, "--scope", "packs:write,books:read", "--name",
            "nightly", "--expires", "90d", "--json",
        ]);
        let token = made["token"].as_str().unwrap();
        assert!(token.starts_with("tsk_") && token.len() == 42, "{token}");
        assert_eq!(made["scopes"], json!(["books:read", "packs:write"]));
        assert!(made["expires_at"].is_string());
        let create = ["token", "create", "--user", ADA, "--scope", "admin"];
        let said = home.run(&create).succeeded().stdout;
        assert!(said.starts_with("tsk_") && said.contains("until it is revoked"), "{said}");

        let list = ["token", "list", "--user", ADA];
        let table = home.run(&list).succeeded().stdout;
        assert!(table.contains("nightly") && !table.contains(token), "{table}");
        let id = made["id"].as_str().unwrap();
        let said = home.run(&["token", "revoke", id]).succeeded().stdout;
        assert!(said.contains("nightly") && said.contains(ADA), "{said}");
        let listed = home.json(&["token", "list", "--user", ADA, "--json"]);
        let is_revoked = |token: &Value| token["revoked_at"].is_string();
        let revoked: Vec<_> = listed["items"].as_array().unwrap().iter().map(is_revoked).collect();
        assert_eq!(revoked, [true, false]);
        home.run(&["token", "revoke", "01933b6e-0000-7000-8000-000000000001"])
            .failed_in_one_line_with(&["no token"]);
    }

    async fn whoever_is_disabled_gets_no_token_and_keeps_none(db) {
        let home = Home::of(&db);
        home.run(&["user", "add", ADA, "--no-password"]).succeeded();
        let create = ["token", "create", "--user", ADA, "--scope", "jobs:work", "--json"];
        home.json(&create);
        home.run(&["user", "disable", ADA]).succeeded();
        home.run(&create).failed_in_one_line_with(&["disabled"]);
        let said = home.run(&["user", "enable", ADA]).succeeded().stdout;
        assert_eq!(said, "ada@example.org may log in.\n");
        let listed = home.json(&["token", "list", "--user", ADA, "--json"]);
        assert!(listed["items"][0]["revoked_at"].is_string(), "{listed}");
    }
}

#[test]
fn keys_are_rotated_without_a_database() {
    let home = Home::new().with("DATABASE_URL", "sqlite:///no/such/folder/x.db");
    let none = home.run(&["keys", "list"]).succeeded().stdout;
    assert!(none.contains("no key yet"), "{none}");
    let rotate = || home.json(&["keys", "rotate", "--json"]);
    let made = [rotate(), rotate(), rotate()];
    assert_eq!(made[1]["retired"], json!([]));
    assert_eq!(made[2]["retired"], json!([made[0]["made"]]));
    let listed = home.json(&["keys", "list", "--json"]);
    let listed = listed["items"].as_array().unwrap();
    assert_eq!(only(listed, "state"), ["signs", "verifies", "retired"]);
    let kids = [&made[2]["made"], &made[1]["made"], &made[0]["made"]];
    assert_eq!(only(listed, "kid"), kids);
    let table = home.run(&["keys", "list"]).succeeded().stdout;
    assert!(
        table.contains("signs") && !table.contains("private"),
        "{table}"
    );
    assert!(home.path("data/keys").is_dir());
}
