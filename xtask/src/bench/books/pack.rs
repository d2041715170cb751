//! A pack of a million prices: posted, frozen, verified over REST; beside it the engine's own loader.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testservers::find_postgres;

use super::whole::mebibytes;
use super::{Bench, Engine};
use crate::bench::account::Account;
use crate::bench::db::sqlite;
use crate::bench::figures::raised;
use crate::bench::report::Table;
use crate::bench::server::Target;
use crate::bench::{as_service, http};
use crate::process;

const DATABASE: &str = "bench_pack";
const MADE: &str = "2026-01-01T00:00:00Z";
const ASOF: &str = "2025-10-21";
const POLICIES: [&str; 2] = ["LOADER", "POSTED"];

pub fn measure(bench: &Bench) -> Result<Table> {
    let mut table = Table::new(
        "One pack of many prices, seconds, one run; the loader fills the same table with its keys and checks",
        &[
            "Engine",
            "Prices",
            "Its loader",
            "POST",
            "Freeze",
            "Both, times the loader's",
            "Verify",
            "Memory",
        ],
    );
    for engine in Engine::BOTH {
        table.add(of(bench, engine)?);
    }
    Ok(table)
}

fn of(bench: &Bench, engine: Engine) -> Result<[String; 8]> {
    let directory = bench.scratch.path();
    let database = bench.new_database(engine, DATABASE)?;
    let service = as_service(&database);
    let account = Account::add(&bench.product, &service, directory)?;
    seed(bench, engine)?;
    let server = bench.product.serve(&service, directory)?;
    let target = account.log_in(&server.target)?;
    for policy in POLICIES {
        http::post_json(
            &target,
            "/v1/packs",
            &json!({ "asof_date": ASOF, "policy": policy }),
        )?;
    }
    let files = Files::write(bench)?;
    let mut loader = loader(bench, engine, &files.loaded)?;
    let theirs = timed(|| process::read(&mut loader).map(drop))?;
    let path = format!("/v1/packs/PP_{ASOF}_POSTED");
    let post = timed(|| post_file(&target, &format!("{path}/prices"), &files.posted))?;
    let freeze =
        timed(|| http::post_json(&target, &format!("{path}/fresh"), &json!({})).map(drop))?;
    let verify = timed(|| {
        let told = http::get_json(&target, &format!("{path}/verify"))?;
        let expected = (json!(true), json!(bench.options.prices));
        ensure!(
            (told["matches"].clone(), told["rows"].clone()) == expected,
            "verify told {told}"
        );
        Ok(())
    })?;
    Ok([
        engine.name().to_owned(),
        bench.options.prices.to_string(),
        raised(theirs, 2),
        raised(post, 2),
        raised(freeze, 2),
        raised((post + freeze) / theirs, 2),
        raised(verify, 2),
        mebibytes(server.peak_memory_bytes()),
    ])
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn post_file(target: &Target, path: &str, file: &Path) -> Result<()> {
    let url = format!("{}{path}", target.url);
    let token = target.token.as_deref().unwrap_or_default();
    let mut answer = ureq::post(&url)
        .header("Content-Type", "text/csv")
        .header("Authorization", format!("Bearer {token}"))
        .send(File::open(file)?)
        .with_context(|| format!("POST {url} failed"))?;
    let told: Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
    ensure!(told["rows"].is_u64(), "POST {url} answered {told}");
    Ok(())
}

/// The same prices, for the loader and for a request.
struct Files {
    loaded: PathBuf,
    posted: PathBuf,
}

impl Files {
    fn write(bench: &Bench) -> Result<Self> {
        let directory = bench.scratch.path();
        let files = Self {
            loaded: directory.join("loaded.csv"),
            posted: directory.join("posted.csv"),
        };
        let mut loaded = BufWriter::new(File::create(&files.loaded)?);
        let mut posted = BufWriter::new(File::create(&files.posted)?);
        writeln!(posted, "symbol,close,currency,open,high,low,volume,source")?;
        for number in 0..bench.options.prices {
            let figures = figures(number);
            let pack = format!("PP_{ASOF}_LOADER");
            writeln!(
                loaded,
                "{pack},{},{figures},raw,{MADE}",
                security_id(number)
            )?;
            writeln!(posted, "S{number},{figures}")?;
        }
        loaded.flush()?;
        posted.flush()?;
        Ok(files)
    }
}

const COLUMNS: &str = "pack_id, security_id, close, currency, open, high, low, volume, source, adjustment, created_at";

fn figures(number: usize) -> String {
    let whole = 10 + number % 900;
    format!(
        "{whole}.{:02},USD,{whole}.01,{}.5,{}.5,{},bench",
        1 + number / 900 % 99,
        whole + 1,
        whole - 1,
        1_000 + number
    )
}

fn security_id(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012x}")
}

/// As many securities, straight into the table.
fn seed(bench: &Bench, engine: Engine) -> Result<()> {
    let columns = "id, symbol, name, kind, currency, is_active, created_at, updated_at";
    let values = format!("'S' || i, 'S' || i, 'equity', 'USD', true, '{MADE}', '{MADE}'");
    let last = bench.options.prices - 1;
    match engine {
        Engine::Postgres => bench
            .cluster
            .psql(
                DATABASE,
                &format!(
                    "INSERT INTO securities ({columns}) SELECT \
                     ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, {values} \
                     FROM generate_series(0, {last}) i; ANALYZE securities"
                ),
            )
            .map(drop),
        Engine::Sqlite => {
            sqlite::find_or_install()?;
            let insert = format!(
                "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {last}) \
                 INSERT INTO securities ({columns}) SELECT randomblob(16), {values} FROM numbers"
            );
            let alike = sqlite::table_for_the_shell(&sqlite_file(bench))?;
            process::read(&mut sqlite::shell(&sqlite_file(bench), &[&insert, &alike])).map(drop)
        }
    }
}

fn sqlite_file(bench: &Bench) -> PathBuf {
    bench.scratch.path().join(format!("{DATABASE}.db"))
}

fn loader(bench: &Bench, engine: Engine, file: &Path) -> Result<Command> {
    let file = file.display();
    Ok(match engine {
        Engine::Postgres => {
            let binaries = find_postgres().context("PostgreSQL's programs are gone")?;
            let mut psql = Command::new(binaries.join("psql"));
            psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"])
                .arg(bench.cluster.url(DATABASE))
                .arg("-c")
                .arg(format!(
                    "\\copy prices ({COLUMNS}) FROM '{file}' WITH (FORMAT csv)"
                ))
                .stdin(Stdio::null());
            psql
        }
        Engine::Sqlite => {
            let import = format!(".import {file} {}", sqlite::SHELLS);
            let lines = ["PRAGMA synchronous=FULL", ".mode csv", &import];
            sqlite::shell(&sqlite_file(bench), &lines)
        }
    })
}
