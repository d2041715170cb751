//! The services that are compared, each with the demo in a database of its own.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Bench;
use crate::bench::account::Account;
use crate::bench::product::Product;
use crate::bench::server::{Server, Target};
use crate::bench::{Engine, SERVICE_ROLE, as_service, http};

/// A service, what it is shown, and what there is to ask for.
pub struct Side {
    pub name: &'static str,
    pub target: Target,
    pub portfolio: String,
    pub pack: String,
}

/// Whoever is measured, in the order of their turns.
pub struct Sides {
    pub all: [Side; 3],
    /// They run for as long as they are kept.
    _servers: [Server; 2],
}

/// Places in [`Sides::all`].
pub const WITHOUT: usize = 0;
pub const JWT: usize = 1;
pub const API_TOKEN: usize = 2;

impl Sides {
    pub fn start(bench: &Bench, engine: Engine) -> Result<Self> {
        let before = serve(bench, engine, &bench.before, "demo_before", str::to_owned)?;
        let now = serve(bench, engine, &bench.now, "demo_now", as_service)?;
        let account = Account::read(&now.ready)?;
        let sides = Self {
            all: [
                side("without", before.target.clone())?,
                side("JWT", account.log_in(&now.target)?)?,
                side("API token", now.target.clone())?,
            ],
            _servers: [before, now],
        };
        sides.check()?;
        if let Engine::Postgres = engine {
            require_row_security(bench)?;
        }
        Ok(sides)
    }

    /// All answer the same, and who shows nothing is refused.
    fn check(&self) -> Result<()> {
        let [without, with @ ..] = &self.all;
        let expected = contents(without)?;
        for side in with {
            let found = contents(side)?;
            let name = side.name;
            ensure!(found == expected, "{name}: {found:?}, not {expected:?}");
            let anybody = Target {
                token: None,
                ..side.target.clone()
            };
            let refused = http::get(&anybody, "/v1/packs/latest").err();
            let refused = refused.context("anybody may read packs: nothing would be measured")?;
            let status = refused.downcast_ref::<ureq::Error>();
            let is_401 = matches!(status, Some(ureq::Error::StatusCode(401)));
            ensure!(is_401, "who shows nothing is told: {refused:#}");
        }
        Ok(())
    }
}

/// As a service on a schema that is there; the release before has no role but the tables' owner.
fn serve(
    bench: &Bench,
    engine: Engine,
    product: &Product,
    name: &str,
    for_service: impl Fn(&str) -> String,
) -> Result<Server> {
    let directory = bench
        .scratch
        .path()
        .join(format!("{name}_{}", engine.name()));
    fs::create_dir(&directory)?;
    let database = engine.new_database(&bench.cluster, &directory, name)?;
    product.migrate(&database, &directory)?;
    let server = product.serve_demo(&for_service(&database), &directory)?;
    if let Engine::Postgres = engine {
        // As after a while of use: without statistics every plan is a guess.
        bench.cluster.psql(name, "VACUUM ANALYZE")?;
    }
    Ok(server)
}

fn side(name: &'static str, target: Target) -> Result<Side> {
    let portfolios = http::get_json(&target, "/v1/portfolios")?;
    let pack = http::get_json(&target, "/v1/packs/latest")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Ok(Side {
        name,
        portfolio: text(&portfolios["items"][0]["id"]).context("the demo has no portfolio")?,
        pack: text(&pack["id"]).context("the demo has no pack")?,
        target,
    })
}

/// What does not depend on when the demo was made.
fn contents(side: &Side) -> Result<[Value; 3]> {
    let pack = http::get_json(&side.target, &format!("/v1/packs/{}", side.pack))?;
    let positions = format!("/v1/portfolios/{}/positions", side.portfolio);
    let positions = http::get_json(&side.target, &positions)?;
    let items = positions["items"].as_array().map_or(0, Vec::len);
    Ok([
        pack["hash"].clone(),
        positions["totals"].clone(),
        items.into(),
    ])
}

/// That nobody's rows are shown to the service's role until it names a user.
fn require_row_security(bench: &Bench) -> Result<()> {
    let ask = format!("SET ROLE {SERVICE_ROLE}; SELECT count(*) FROM portfolios");
    let seen = bench.cluster.psql("demo_now", &ask)?;
    ensure!(
        seen == "0",
        "{SERVICE_ROLE} sees {seen} portfolios of nobody"
    );
    Ok(())
}
