//! The program that `sea-orm-cli migrate` runs, as it calls it.

use std::process::Command;

use db::Engine;
use migration::{Action, Options, Schema};
use testkit::TestDatabase;

use crate::made::{ask, tell};

struct Ran {
    status: Option<i32>,
    said: String,
}

fn run(url: &str, arguments: &[&str]) -> Ran {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_migration"));
    command
        .args(arguments)
        .current_dir(&elsewhere)
        .env_remove("DATABASE_SCHEMA")
        .env_remove("DATABASE_URL");
    if !url.is_empty() {
        command.env("DATABASE_URL", url);
    }
    let output = command.output().unwrap();
    Ran {
        status: output.status.code(),
        said: String::from_utf8([output.stdout, output.stderr].concat()).unwrap(),
    }
}

impl Ran {
    fn succeeded(self) -> String {
        assert_eq!(self.status, Some(0), "{}", self.said);
        self.said
    }

    fn failed_in_one_line(self) -> String {
        assert_eq!(self.status, Some(1), "{}", self.said);
        assert_eq!(self.said.trim_end().lines().count(), 1, "{}", self.said);
        assert!(!self.said.contains("panicked"), "{}", self.said);
        self.said
    }
}

/// What it prints of each migration, oldest first.
fn states(url: &str) -> Vec<String> {
    let said = run(url, &["status"]).succeeded();
    let states = said.lines().filter_map(|line| line.split_once("'... "));
    states.map(|(_, state)| state.to_owned()).collect()
}

async fn product(db: &TestDatabase) -> Schema {
    Schema::of(&db.database, Options::default()).await.unwrap()
}

testkit::on_both_engines! {
    async fn up_down_and_status_walk_through_the_versions(db) {
        let schema = product(&db).await;
        schema.reset().await.unwrap();
        let (url, known) = (db.owner_url.as_str(), schema.known().len());
        assert_eq!(states(url), vec!["Pending"; known]);
        let said = run(url, &["up"]).succeeded();
        assert!(said.contains(&format!("Applying {}", schema.known()[0].name)), "{said}");
        assert_eq!(states(url), vec!["Applied"; known]);
        assert!(run(url, &["up"]).succeeded().contains("No pending migrations"));

        let newest = &schema.known()[known - 1].name;
        let said = run(url, &["down", "-n", "1"]).succeeded();
        assert!(said.contains(&format!("Taking back {newest}")), "{said}");
        assert_eq!(states(url)[known - 2..], ["Applied", "Pending"]);
        run(url, &["up", "-n", "1"]).succeeded();
        assert_eq!(states(url), vec!["Applied"; known]);

        let last = schema.history().await.unwrap().pop().unwrap();
        assert_eq!((last.action, &last.version), (Action::Up, newest));
        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().unwrap().name;
        assert!(last.operator.starts_with(&user), "{last:?}");
        assert!(last.program.starts_with("tallystick "), "{last:?}");
    }

    async fn what_contracts_a_database_in_use_is_left_to_tallystick(db) {
        product(&db).await.reset().await.unwrap();
        run(&db.owner_url, &["up", "-n", "6"]).succeeded();
        let said = run(&db.owner_url, &["up"]).failed_in_one_line();
        assert!(said.contains("tallystick migrate up --contract"), "{said}");
        assert_eq!(states(&db.owner_url)[5..7], ["Applied", "Pending"]);
    }

    async fn what_destroys_data_is_refused_and_nothing_is_harmed(db) {
        let schema = product(&db).await;
        let before = schema.history().await.unwrap();
        for (command, instead) in [("fresh", "fresh"), ("refresh", "fresh"), ("reset", "reset")] {
            let said = run(&db.owner_url, &[command]).failed_in_one_line();
            assert!(said.contains("destroys data"), "{said}");
            assert!(said.contains(&format!("tallystick migrate {instead} ")), "{said}");
        }
        assert_eq!(schema.history().await.unwrap(), before);
        schema.versions().await.unwrap().require_usable().unwrap();
    }

    async fn a_schema_of_another_name_is_migrated_by_itself(db) {
        let schema = product(&db).await;
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        tell(schema.connection(), "CREATE SCHEMA \"Second books\"").await;
        run(&db.owner_url, &["up", "-s", "Second books"]).succeeded();
        let count = "SELECT count(*)::text FROM \"Second books\".seaql_migrations";
        let count = ask(schema.connection(), count).await;
        assert_eq!(count, Some(schema.known().len().to_string()));
    }
}

#[test]
fn a_database_that_cannot_be_had_is_one_line_without_the_password() {
    let said = run("", &["status"]).failed_in_one_line();
    assert!(said.contains("DATABASE_URL"), "{said}");
    for url in [
        "no url at all",
        "mysql://root:secret@127.0.0.1/books",
        "postgres://root:secret@127.0.0.1:1/books",
        "sqlite:///dev/null/books.db",
    ] {
        for command in ["status", "up"] {
            let said = run(url, &[command]).failed_in_one_line();
            assert!(said.starts_with("error: "), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
