use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use db::ConnectionTrait;
use identity::audit::{self, Entry};
use serde_json::{Value, json};
use testkit::{TestDatabase, on_both_engines};

use crate::support::Home;

async fn add(db: &TestDatabase, count: i64) {
    let ctx = db.ctx().await;
    for number in 0..count {
        let entry = Entry::done("thing.change", "thing")
            .of(format!("thing-{number}"))
            .with("name", "Zürich \u{1f4b6} \"a\\b\" \u{2028}\u{1}")
            .with("\u{1f600}", json!({"b": [1, -2, null, true], "a": 0.5}))
            .with("\u{fb33}", number);
        let added = db.database.write(|tx| {
            let (ctx, entry) = (ctx.clone(), entry.clone());
            async move { audit::append(&ctx, &tx, entry).await }
        });
        added.await.unwrap();
    }
}

/// Cuts the log off behind row `seq`, with the row that names its head.
async fn cut_off(db: &TestDatabase, seq: i64) {
    let owner = db.owner().await;
    let off = match owner.engine() {
        db::Engine::Sqlite => "DROP TRIGGER audit_log_delete",
        db::Engine::Postgres => "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    };
    let cut = format!(
        "{off}; DELETE FROM audit_log WHERE seq > {seq};
        UPDATE audit_heads SET seq = {seq}, hash = (SELECT hash FROM audit_log WHERE seq = {seq})"
    );
    owner.execute_unprepared(&cut).await.unwrap();
}

/// What the script of docs/audit.md says of the log; `None` where there is no Python.
fn ask_python(home: &Home, lines: &str, head: Option<&str>) -> Option<(bool, String)> {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/audit.md");
    let text = fs::read_to_string(docs).unwrap();
    let (_, rest) = text.split_once("```python\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    let mut python = Command::new("python3");
    python.arg("-c").arg(script);
    python.args(head.map(|name| home.path(name)));
    let pipes = python
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(mut started) = pipes.spawn() else {
        println!("skipped: the independent check, since python3 is not here");
        return None;
    };
    let mut stdin = started.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    let output = started.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(said).unwrap()))
}

on_both_engines! {
    async fn a_log_is_listed_and_verified(db) {
        let home = Home::of(&db);
        let empty = home.json(&["audit", "verify", "--json"]);
        assert_eq!((&empty["is_intact"], &empty["seq"]), (&json!(true), &json!(0)));
        add(&db, 4).await;
        let verified = home.run(&["audit", "verify"]).succeeded().stdout;
        assert!(verified.contains("4 rows are as they were written"), "{verified}");

        let lines = home.run(&["audit", "list", "--json", "--limit", "2"]).succeeded().stdout;
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((rows.len(), &rows[0]["seq"], &rows[1]["seq"]), (2, &json!(4), &json!(3)));
        assert_eq!(rows[0]["prev_hash"], rows[1]["hash"]);
        let table = home.run(&["audit", "list", "--limit", "2"]).succeeded().stdout;
        assert!(table.contains("thing-3") && table.contains("There are more"), "{table}");
        let one = home.run(&["audit", "list", "--resource-id", "thing-1"]).succeeded().stdout;
        assert!(one.contains("thing-1") && !one.contains("thing-2"), "{one}");
        let none = home.run(&["audit", "list", "--json", "--outcome", "refused"]).succeeded();
        assert_eq!(none.stdout.trim(), "");
    }

    async fn a_script_of_forty_lines_comes_to_the_same(db) {
        let home = Home::of(&db);
        add(&db, 5).await;
        home.run(&["audit", "head"]).succeeded();
        let exported = home.run(&["audit", "list", "--all", "--json"]).succeeded().stdout;
        let head = Some("data/audit-head.json");
        let Some((is_good, said)) = ask_python(&home, &exported, head) else {
            return;
        };
        let hash = home.json(&["audit", "verify", "--json"])["hash"].as_str().unwrap().to_owned();
        assert_eq!((is_good, said.trim()), (true, &*format!("5 rows {hash}")));

        let refused = |lines: String, with: &str| {
            let (is_good, said) = ask_python(&home, &lines, head).unwrap();
            assert!(!is_good && said.contains(with), "{said}");
        };
        refused(exported.replace("thing-2", "thing-9"), "row 3 is not as it was written");
        let without = |place: usize| {
            let lines = exported.lines().enumerate().filter(|(at, _)| *at != place);
            lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
        };
        refused(without(3), "row 2 is missing");
        refused(without(0), "the log ends at row 4, before the head's 5");
    }

    async fn what_is_wrong_is_said_and_the_status_is_1(db) {
        let home = Home::of(&db);
        add(&db, 5).await;
        let head = home.json(&["audit", "head", "--json"]);
        assert_eq!(head["seq"], 5);
        fs::copy(home.path("data/audit-head.json"), home.path("kept.json")).unwrap();
        let verify = ["audit", "verify", "--head", "kept.json"];
        let good = home.run(&verify).succeeded().stdout;
        assert!(good.contains("They include row 5"), "{good}");

        cut_off(&db, 3).await;
        home.run(&["audit", "verify"]).succeeded();
        home.run(&verify).failed_with(&["ends at row 3", "had 5"]);
        let told = home.run(&["audit", "verify", "--head", "kept.json", "--json"]);
        assert_eq!(told.status, Some(1));
        let verdict: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!((&verdict["is_intact"], &verdict["seq"]), (&json!(false), &json!(3)));
        assert_eq!((&verdict["fault"]["kind"], &verdict["fault"]["seq"]), (&json!("truncated"), &json!(4)));

        // What is shorter never takes the place of what was longer.
        home.run(&["audit", "head"]).failed_with(&["knows of row 5", "now ends at row 3"]);
        let file = fs::read_to_string(home.path("data/audit-head.json")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&file).unwrap(), head);
    }

    async fn the_service_writes_the_head_when_the_log_has_grown(db) {
        let home = Home::of(&db)
            .with("TALLYSTICK__AUDIT__HEAD_INTERVAL_S", "1")
            .with("TALLYSTICK__AUDIT__HEAD_FILE", "elsewhere/head.json");
        let service = home.serve("serve");
        let mut rows = 0;
        for more in [2, 3] {
            add(&db, more).await;
            rows += more;
            let deadline = Instant::now() + Duration::from_mins(1);
            while audit::read(&home.path("elsewhere/head.json")).map_or(0, |kept| kept.head.seq) < rows {
                assert!(Instant::now() < deadline, "no head of {rows} rows: {}", home.service_log());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        assert_eq!(service.stop_with("-TERM"), Some(0));
        home.run(&["audit", "verify", "--head", "elsewhere/head.json"]).succeeded();
    }
}

#[test]
fn a_file_that_is_no_head_is_named() {
    let home = Home::new();
    home.run(&["audit", "verify", "--head", "none.json"])
        .failed_with(&["none.json"]);
    home.write("else.json", "{}");
    home.run(&["audit", "verify", "--head", "else.json"])
        .failed_with(&["else.json", "does not hold the head"]);
    let nothing = home.run(&["audit", "head"]).succeeded().stdout;
    assert!(nothing.contains("no rows yet"), "{nothing}");
    assert!(!home.path("data/audit-head.json").exists());
}
