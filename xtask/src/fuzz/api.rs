//! `cargo xtask fuzz api`: the contract against the running service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use testservers::{Cluster, Durability};

use super::findings::{self, Round, Run};
use super::schemathesis::{self, CONFIGURATION, HOOKS};
use super::service::Home;
use super::stage;
use crate::bench::machine;
use crate::bench::server::Server;
use crate::process;
use crate::workspace::Workspace;

/// Test cases of one round for each operation, in each phase that makes them up.
const EXAMPLES: &str = "20";

#[derive(Args)]
pub struct Options {
    /// At least so many requests, over all callers
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// Only as this caller [default: each in turn]
    #[arg(long, value_enum)]
    role: Option<Caller>,
    /// What decides the requests; the run before prints its own
    #[arg(long)]
    seed: Option<u32>,
    /// The database below the service
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Caller {
    Viewer,
    User,
    Manager,
    Admin,
    /// Without credentials, and with made-up ones
    Nobody,
}

impl Caller {
    fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::User => "user",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Nobody => "nobody",
        }
    }

    /// Of the user whose books are there.
    fn role(self) -> &'static str {
        match self {
            Self::Nobody => "user",
            known => known.name(),
        }
    }
}

/// What all runs have in common.
struct Fuzzer {
    schemathesis: PathBuf,
    tallystick: PathBuf,
    /// The repository's file, to which each run adds who asks.
    configuration: String,
    cluster: Option<Cluster>,
    hooks: PathBuf,
    reports: PathBuf,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    process::unwind_on_signals()?;
    let fuzzer = Fuzzer::prepare(workspace, options.engine)?;
    let seed = options.seed.map_or_else(seed_of_now, Ok)?;
    let callers = match &options.role {
        Some(one) => std::slice::from_ref(one),
        None => Caller::value_variants(),
    };
    let share = options.requests.div_ceil(callers.len() as u64);
    let mut runs = Vec::new();
    for &caller in callers {
        let run = fuzzer.fuzz(caller, seed, share)?;
        println!("{}", run.line());
        runs.push(run);
    }
    println!(
        "\nSeed {seed}, {}, on {}.\n\n{}",
        schemathesis::version(&fuzzer.schemathesis)?,
        machine::describe()?,
        findings::table(&runs),
    );
    for run in &runs {
        run.print_findings();
    }
    println!("Each round's report is in {}.", fuzzer.reports.display());
    Ok(runs.iter().all(Run::is_clean))
}

impl Fuzzer {
    /// Builds the program as tests have it: with checks against overflow.
    fn prepare(workspace: &Workspace, engine: Engine) -> Result<Self> {
        let schemathesis = schemathesis::find_or_install(workspace)?;
        let mut build = process::cargo(&workspace.root);
        process::run(build.args(["build", "--locked", "-p", "tallystick", "-p", "xtask"]))?;
        let file = workspace.root.join(CONFIGURATION);
        let configuration = fs::read_to_string(&file);
        let cluster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Cluster::start(Durability::Throwaway)?),
        };
        Ok(Self {
            schemathesis,
            tallystick: workspace.target.join("debug/tallystick"),
            configuration: configuration.with_context(|| format!("cannot read {CONFIGURATION}"))?,
            cluster,
            hooks: workspace.root.join(HOOKS),
            reports: workspace.target.join("fuzz-api"),
        })
    }

    /// Goes on with further seeds until there were enough requests, or something was found.
    fn fuzz(&self, caller: Caller, seed: u32, requests: u64) -> Result<Run> {
        let start = Instant::now();
        let home = Home::new(self.tallystick.clone(), self.database(caller)?)?;
        let user_id = stage::add_users(&home, caller.role())?;
        let server = home.serve()?;
        stage::set(&home, &server, caller.role())?;
        self.write_configuration(caller, home.folder())?;
        let before = findings::requests(&server)?;
        let mut rounds: Vec<Round> = Vec::new();
        let mut answered = 0;
        while answered < requests && rounds.iter().all(Round::is_clean) {
            let further = u32::try_from(rounds.len())?;
            rounds.push(self.round(
                caller,
                seed.wrapping_add(further),
                &user_id,
                &home,
                &server,
            )?);
            answered = findings::requests(&server)?.saturating_sub(before);
        }
        let faults = findings::faults(&server)?;
        drop(server);
        Ok(Run {
            caller: caller.name(),
            requests: answered,
            seconds: start.elapsed().as_secs(),
            rounds,
            faults,
            logged: home.logged_errors()?,
        })
    }

    fn database(&self, caller: Caller) -> Result<Option<String>> {
        let Some(cluster) = &self.cluster else {
            return Ok(None);
        };
        let name = format!("fuzz_{}", caller.name());
        cluster.create_database(&name)?;
        Ok(Some(cluster.url(&name)))
    }

    /// Whoever asks logs in, and again whenever a request has ended the session.
    fn write_configuration(&self, caller: Caller, folder: &Path) -> Result<()> {
        let credentials = match caller {
            Caller::Nobody => String::new(),
            _ => format!(
                "\n[auth.dynamic.openapi.bearer]\npath = \"/v1/auth/login\"\n\
                 extract_selector = \"/access_token\"\n\
                 payload = {{ email = \"{}\", password = \"{}\" }}\n",
                stage::EMAIL,
                stage::PASSWORD
            ),
        };
        let text = format!("{}{credentials}", self.configuration);
        Ok(fs::write(folder.join("schemathesis.toml"), text)?)
    }

    /// One run of Schemathesis. What it prints of its findings goes to the terminal.
    fn round(
        &self,
        caller: Caller,
        seed: u32,
        user_id: &str,
        home: &Home,
        server: &Server,
    ) -> Result<Round> {
        process::stop_if_interrupted()?;
        fs::create_dir_all(&self.reports)?;
        let report = self.reports.join(format!("{}-{seed}.json", caller.name()));
        let mut command = Command::new(&self.schemathesis);
        command
            .args(["--config-file", "schemathesis.toml", "run"])
            .arg(format!("{}/openapi.json", server.target.url))
            .args(["--checks", "all", "--max-examples", EXAMPLES, "--no-color"])
            .args(["--seed", &seed.to_string(), "--continue-on-failure"])
            .args(["--report", "json", "--report-json-path"])
            .arg(&report)
            .env("SCHEMATHESIS_HOOKS", &self.hooks)
            .env("FUZZ_EMAIL", stage::EMAIL)
            .env("FUZZ_PASSWORD", stage::PASSWORD)
            .env("FUZZ_USER_ID", user_id)
            .current_dir(home.folder())
            .stdin(Stdio::null());
        // It fails where it has findings, which the report has too.
        let text = self.reports.join(format!("{}-{seed}.txt", caller.name()));
        let status = process::watch_into(&mut command, &text)?;
        process::stop_if_interrupted()?;
        Round::read(&report, seed).with_context(|| {
            format!(
                "schemathesis ended with {status} and no report; see {}",
                text.display()
            )
        })
    }
}

fn seed_of_now() -> Result<u32> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos())
}
