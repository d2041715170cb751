//! Requests: single ones, and load from wrk, which costs the servers little of the machine.

use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testservers::packages::{self, Package};
use ureq::{Body, RequestBuilder, http::Response, typestate::WithBody};

use super::server::Target;
use crate::process;

pub const CONNECTIONS: u32 = 32;
/// For scripts: differs from run to run, in hexadecimal digits.
const UNIQUE_VARIABLE: &str = "BENCH_UNIQUE";
const WARM_UP_SECONDS: u32 = 1;
const PACKAGE: Package = Package {
    apt: "wrk",
    dnf: "wrk",
    apk: "wrk",
    brew: "wrk",
};

/// What is asked for, again and again.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub path: &'a str,
    /// Beside what the target is shown anyway.
    pub headers: &'a [(&'a str, &'a str)],
    /// A script for wrk that makes each request another.
    pub script: Option<&'a Path>,
}

pub struct Load {
    pub requests_per_second: f64,
    pub slowest_percent: String,
}

impl Load {
    pub fn slowest_percent_ms(&self) -> Result<f64> {
        milliseconds(&self.slowest_percent)
            .with_context(|| format!("wrk printed the latency {}", self.slowest_percent))
    }
}

pub fn find_or_install() -> Result<()> {
    if process::find_program("wrk").is_some() {
        return Ok(());
    }
    packages::install(&PACKAGE).context("the load generator wrk was not found")
}

pub fn get(target: &Target, path: &str) -> Result<String> {
    let mut answer = ask(target, path)?;
    answer
        .body_mut()
        .read_to_string()
        .with_context(|| format!("GET {path} failed"))
}

/// The entity tag of what is at a path.
pub fn etag(target: &Target, path: &str) -> Result<String> {
    let answer = ask(target, path)?;
    let etag = answer
        .headers()
        .get("ETag")
        .and_then(|tag| tag.to_str().ok());
    let etag = etag.with_context(|| format!("GET {path} answered without a tag"))?;
    Ok(etag.to_owned())
}

fn ask(target: &Target, path: &str) -> Result<Response<Body>> {
    let url = format!("{}{path}", target.url);
    let mut request = ureq::get(&url);
    if let Some(token) = &target.token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    request.call().with_context(|| format!("GET {url} failed"))
}

pub fn post_json(target: &Target, path: &str, body: &Value) -> Result<Value> {
    send_json(ureq::post(format!("{}{path}", target.url)), target, body)
        .with_context(|| format!("POST {path} failed"))
}

pub fn put_json(target: &Target, path: &str, body: &Value) -> Result<Value> {
    send_json(ureq::put(format!("{}{path}", target.url)), target, body)
        .with_context(|| format!("PUT {path} failed"))
}

fn send_json(request: RequestBuilder<WithBody>, target: &Target, body: &Value) -> Result<Value> {
    let mut request = request.header("Content-Type", "application/json");
    if let Some(token) = &target.token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let mut answer = request.send(body.to_string())?;
    let answer = answer.body_mut().read_to_string()?;
    serde_json::from_str(&answer).context("the answer is no JSON")
}

pub fn get_json(target: &Target, path: &str) -> Result<Value> {
    let body = get(target, path)?;
    serde_json::from_str(&body).with_context(|| format!("GET {path} answered no JSON: {body}"))
}

/// Loads one path over keep-alive connections, after a short warm-up.
pub fn load(target: &Target, path: &str, seconds: u32) -> Result<Load> {
    let request = Request {
        path,
        headers: &[],
        script: None,
    };
    run_wrk(target, request, WARM_UP_SECONDS)?;
    round(target, request, seconds)
}

/// Loads without a warm-up.
pub fn round(target: &Target, request: Request, seconds: u32) -> Result<Load> {
    let printed = run_wrk(target, request, seconds)?;
    parse(&printed).with_context(|| format!("loading {} failed:\n{printed}", request.path))
}

fn run_wrk(target: &Target, request: Request, seconds: u32) -> Result<String> {
    let mut wrk = Command::new("wrk");
    wrk.args([
        "-t",
        "1",
        "-c",
        &CONNECTIONS.to_string(),
        "-d",
        &format!("{seconds}s"),
    ]);
    wrk.arg("--latency");
    if let Some(token) = &target.token {
        wrk.args(["-H", &format!("Authorization: Bearer {token}")]);
    }
    for (name, value) in request.headers {
        wrk.args(["-H", &format!("{name}: {value}")]);
    }
    if let Some(script) = request.script {
        let unique = UNIX_EPOCH.elapsed()?.as_micros();
        wrk.arg("-s").arg(script);
        wrk.env(UNIQUE_VARIABLE, format!("{unique:X}"));
    }
    process::read(wrk.arg(format!("{}{}", target.url, request.path)))
}

fn parse(printed: &str) -> Result<Load> {
    let after = |label: &str| {
        let line = printed
            .lines()
            .find_map(|line| line.trim().strip_prefix(label));
        line.map(|rest| rest.trim().to_owned())
    };
    ensure!(after("Non-2xx").is_none(), "requests were refused");
    ensure!(after("Socket errors").is_none(), "connections broke");
    let rate = after("Requests/sec:").context("wrk printed no rate")?;
    Ok(Load {
        requests_per_second: rate.parse().context("wrk printed no rate")?,
        slowest_percent: after("99%").context("wrk printed no latencies")?,
    })
}

fn milliseconds(time: &str) -> Option<f64> {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4)];
    units.iter().find_map(|(unit, factor)| {
        let number: f64 = time.strip_suffix(unit)?.parse().ok()?;
        Some(number * factor)
    })
}

#[cfg(test)]
mod tests {
    use super::{milliseconds, parse};

    const PRINTED: &str = "Running 1s test @ http://127.0.0.1:8080/\n  1 threads and 32 connections\n  \
        Latency Distribution\n     50%  250.00us\n     99%    1.20ms\n  \
        48211 requests in 1.00s, 5.1MB read\nRequests/sec:  48199.31\nTransfer/sec:      5.10MB\n";

    #[test]
    fn reads_the_rate_and_the_slowest_percent() {
        let load = parse(PRINTED).unwrap();
        assert!((load.requests_per_second - 48199.31).abs() < 1e-9);
        assert_eq!(load.slowest_percent, "1.20ms");
    }

    #[test]
    fn refused_requests_are_no_measurement() {
        assert!(parse(&format!("{PRINTED}  Non-2xx or 3xx responses: 12\n")).is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn broken_connections_are_no_measurement() {
        let broken = "  Socket errors: connect 0, read 3, write 0, timeout 0\n";
        assert!(parse(&format!("{PRINTED}{broken}")).is_err());
    }

    #[test]
    fn latencies_come_in_units() {
        let times = [("250.00us", 0.25), ("1.20ms", 1.2), ("2.00s", 2000.0)];
        for (text, expected) in times {
            let read = milliseconds(text).unwrap();
            assert!((read - expected).abs() < 1e-9, "{text}: {read}");
        }
        assert_eq!(milliseconds("fast"), None);
    }
}
