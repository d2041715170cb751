//! The offline scripts: as they were agreed on, and as psql and sqlite3 run them.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use db::Engine;
use migration::{Options, Range, Schema, known, script};
use testkit::TestDatabase;

use crate::dump::dump;

const PROGRAM: &str = "tallystick";

fn golden(engine: Engine, direction: &str) -> PathBuf {
    let name = match engine {
        Engine::Postgres => "postgres",
        Engine::Sqlite => "sqlite",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{name}-{direction}.sql"))
}

async fn made(engine: Engine, range: &str) -> String {
    let known = known(engine).await.unwrap();
    let range = Range::parse(range, &known).unwrap();
    script(&known, &range, engine, PROGRAM).unwrap()
}

/// With `UPDATE_GOLDEN=1` the files are written instead, for a person to look at.
#[tokio::test]
async fn the_scripts_are_the_golden_ones() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        for (direction, range) in [("up", "base:head"), ("down", "head:base")] {
            let file = golden(engine, direction);
            let made = made(engine, range).await;
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&file, made).unwrap();
                continue;
            }
            let kept = std::fs::read_to_string(&file).unwrap();
            let differs = kept
                .lines()
                .zip(made.lines())
                .position(|(kept, made)| kept != made);
            assert!(
                kept == made,
                "{} differs from line {:?} on; if the change is meant, write the files with \
                 UPDATE_GOLDEN=1 and look at the difference",
                file.display(),
                differs.map(|line| line + 1)
            );
        }
    }
}

#[tokio::test]
async fn a_part_of_the_way_has_its_own_script() {
    let known = known(Engine::Postgres).await.unwrap();
    let part = made(Engine::Postgres, "000002:000004").await;
    let names: Vec<&str> = part
        .lines()
        .filter_map(|line| line.strip_prefix("-- up: "))
        .collect();
    assert_eq!(names, [known[2].name.as_str(), known[3].name.as_str()]);
    assert!(!part.contains("CREATE TABLE IF NOT EXISTS"));
    let back = made(Engine::Postgres, "000004:000002").await;
    let names: Vec<&str> = back
        .lines()
        .filter_map(|line| line.strip_prefix("-- down: "))
        .collect();
    assert_eq!(names, [known[3].name.as_str(), known[2].name.as_str()]);
}

/// Whether a shell could be run; a line says so if there is none.
fn run_in_shell(db: &TestDatabase, script: &str) -> bool {
    let mut shell = match db.database.engine() {
        Engine::Postgres => {
            let Some(binaries) = testservers::find_postgres() else {
                println!("skipped: there is no psql");
                return false;
            };
            let mut psql = Command::new(binaries.join("psql"));
            psql.args(["-X", "-q", &db.owner_url]);
            psql
        }
        Engine::Sqlite => {
            let mut sqlite = Command::new("sqlite3");
            sqlite.arg(db.owner_url.trim_start_matches("sqlite://"));
            sqlite
        }
    };
    let started = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut running) = started else {
        println!("skipped: there is no sqlite3");
        return false;
    };
    running
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let ended = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && !said.contains("ERROR"), "{said}");
    true
}

testkit::on_both_engines! {
    async fn the_script_makes_the_schema_that_up_makes(db) {
        let engine = db.database.engine();
        let schema = Schema::of(&db.database, Options::default()).await.unwrap();
        let Some(by_up) = dump(&db, &schema).await else { return };
        let versions = schema.versions().await.unwrap();
        schema.reset().await.unwrap();

        if !run_in_shell(&db, &made(engine, "base:head").await) {
            return;
        }
        assert_eq!(dump(&db, &schema).await.unwrap(), by_up);
        let by_script = schema.versions().await.unwrap();
        assert_eq!(by_script.pending(), Vec::<&str>::new());
        assert_eq!(by_script.0.len(), versions.0.len());
        by_script.refuse_strangers().unwrap();
        by_script.require_usable().unwrap();

        assert!(run_in_shell(&db, &made(engine, "head:base").await));
        assert_eq!(schema.versions().await.unwrap().current(), None);
        assert!(run_in_shell(&db, &made(engine, "base:head").await));
        assert_eq!(dump(&db, &schema).await.unwrap(), by_up);
    }
}
