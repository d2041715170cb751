use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::TestDatabase;

/// A ledger of two securities and one of which there is no price.
pub const LEDGER: &str = r#"
option "operating_currency" "USD"
2024-01-01 open Assets:Broker:Cash
2024-01-01 open Assets:Broker:Stocks
2024-01-01 open Equity:Owner
2024-01-01 open Income:Gains
2024-01-01 commodity NKE
  name: "NIKE, Inc."
2024-01-02 * "Deposit"
  Assets:Broker:Cash   10000.00 USD
  Equity:Owner
2024-01-03 * "Buy"
  Assets:Broker:Stocks   10 NKE {100.00 USD}
  Assets:Broker:Cash
2024-01-04 * "Buy"
  Assets:Broker:Stocks   20 PRIV {5.25 USD}
  Assets:Broker:Cash
2024-02-01 * "Sell"
  Assets:Broker:Stocks   -4 NKE {100.00 USD} @ 110.00 USD
  Assets:Broker:Cash     440.00 USD
  Income:Gains
2024-02-29 price NKE 120.50 USD
"#;

/// A folder to run the program in, with settings of its own.
pub struct Home {
    folder: TempDir,
    program: PathBuf,
    variables: Vec<(String, String)>,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            program: env!("CARGO_BIN_EXE_tallystick").into(),
            variables: Vec::new(),
        }
    }

    /// With a database of its own, made by a test.
    pub fn on(database_url: &str) -> Self {
        Self::new().with("DATABASE_URL", database_url)
    }

    /// On a test's database, as a service is set up: by the role of the service, with the owner's way
    /// beside it for migrations.
    pub fn of(db: &TestDatabase) -> Self {
        let home = Self::on(&db.url);
        if db.owner_url == db.url {
            home
        } else {
            home.with("DATABASE_OWNER_URL", &db.owner_url)
        }
    }

    /// Runs a binary of another version.
    pub fn running(mut self, program: &Path) -> Self {
        program.clone_into(&mut self.program);
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// For load from one address, as tests make it.
    pub fn without_rate_limits(self) -> Self {
        ["ADDRESS", "CREDENTIAL", "LOGIN", "REFUSALS"]
            .into_iter()
            .fold(self, |home, kind| {
                home.with(&format!("TALLYSTICK__LIMITS__{kind}_PER_MINUTE"), "0")
            })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The program with these arguments, and nothing of the settings of whoever runs the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            let is_setting = ["TALLYSTICK", "DATABASE_", "DB_", "PG"];
            if is_setting.iter().any(|start| name_text.starts_with(start)) {
                command.env_remove(&name);
            }
        }
        command.envs(self.variables.iter().cloned());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a command that must succeed, and reads what it prints as JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments).succeeded();
        assert_eq!(
            ran.stdout.lines().count(),
            1,
            "one line of JSON, not {}",
            ran.stdout
        );
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Starts a service on any free port and waits until it is ready.
    pub fn serve(&self, command: &str) -> Service {
        let mut started = self.command(&[command, "--port", "0", "--json"]);
        let log = fs::File::create(self.path("service.log")).unwrap();
        let mut child = started.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            let _ = child.kill();
            panic!("not ready: {line:?} {}", self.service_log());
        };
        Service {
            child,
            url: ready["url"].as_str().unwrap().to_owned(),
            token: ready["token"]
                .as_str()
                .map_or_else(OnceLock::new, |token| token.to_owned().into()),
        }
    }

    /// A user whose books commands and requests are about, and a token of theirs that may do all.
    pub fn token(&self) -> String {
        let listed = self.json(&["user", "list", "--json"]);
        let users = listed["items"].as_array().unwrap();
        let email = match users.first() {
            Some(user) => user["email"].as_str().unwrap().to_owned(),
            None => self.add_user(),
        };
        let made = self.json(&[
            "token", "create", "--user", &email, "--scope", "admin", "--json",
        ]);
        made["token"].as_str().unwrap().to_owned()
    }

    /// A token of a user who is made for it.
    pub fn token_of_new_user(&self) -> String {
        self.add_user();
        self.token()
    }

    /// An administrator, who is the only user.
    pub fn add_user(&self) -> String {
        let email = "tester@example.org";
        let add = ["user", "add", email, "--role", "admin", "--no-password"];
        self.run(&add).succeeded();
        email.to_owned()
    }

    /// The same, with a user in the database, whom commands act for.
    pub fn with_user(self) -> Self {
        self.add_user();
        self
    }

    pub fn service_log(&self) -> String {
        fs::read_to_string(self.path("service.log")).unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    pub fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self
    }

    /// Failed with status 1 and `parts` of an explanation, printing no answer.
    pub fn failed_with(self, parts: &[&str]) -> Self {
        assert_eq!(self.status, Some(1), "{self:#?}");
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{part:?} is missing in:\n{}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// As [`Ran::failed_with`], in one sentence.
    pub fn failed_in_one_line_with(self, parts: &[&str]) {
        let ran = self.failed_with(parts);
        assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
    }
}

/// A service that runs; killed when it is dropped.
pub struct Service {
    pub child: Child,
    pub url: String,
    token: OnceLock<String>,
}

impl Service {
    /// Of which nothing is asked.
    pub fn of(child: Child) -> Self {
        Self {
            child,
            url: String::new(),
            token: OnceLock::new(),
        }
    }

    /// As the user of the folder that it was started in.
    pub fn signed_in(self, home: &Home) -> Self {
        self.token.get_or_init(|| home.token());
        self
    }

    pub fn get(&self, path: &str) -> String {
        let mut answer = self
            .ask(ureq::get(format!("{}{path}", self.url)))
            .call()
            .unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    /// With the credentials that there are.
    pub fn ask<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match self.token.get() {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    pub fn get_json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path)).unwrap()
    }

    /// Sends a signal and waits for the end; answers with the exit status.
    pub fn stop_with(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The example ledger and what Beancount computes from it, where they are beside the repository.
pub fn example() -> Option<(PathBuf, Vec<Value>)> {
    let ledger = testkit::shared_data("ledger/example.beancount")?;
    let expected = testkit::shared_data("ledger/expected-positions.json")?;
    let expected: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
    assert!(!expected.is_empty());
    Some((ledger, expected))
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
