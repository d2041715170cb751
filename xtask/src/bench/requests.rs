//! Requests per second of the product against a bare handler with a body of the same size.

use anyhow::{Context, Result};

use super::http::{self, CONNECTIONS};
use super::report::Table;
use super::{Bench, Engine, as_service};

pub fn measure(bench: &Bench) -> Result<Table> {
    let mut table = Table::new(
        &format!("Requests per second at {CONNECTIONS} keep-alive connections"),
        &[
            "Path",
            "Engine",
            "Body",
            "Tallystick",
            "99% within",
            "Bare handler",
            "Share of bare",
        ],
    );
    for engine in Engine::BOTH {
        let directory = bench.scratch.path().join(format!("demo-{}", engine.name()));
        std::fs::create_dir(&directory)?;
        let database = engine.new_database(&bench.cluster, &directory, "demo")?;
        bench.product.migrate(&database, &directory)?;
        let demo = bench
            .product
            .serve_demo(&as_service(&database), &directory)?;
        let portfolios = http::get_json(&demo.target, "/v1/portfolios")?;
        let portfolio = portfolios["items"][0]["id"]
            .as_str()
            .context("the demo has no portfolio")?;
        let positions = format!("/v1/portfolios/{portfolio}/positions");
        let paths = [
            ("/v1/portfolios/{id}/positions", positions.as_str()),
            ("/v1/packs/latest", "/v1/packs/latest"),
        ];
        for (name, path) in paths {
            let bytes = http::get(&demo.target, path)?.len();
            let ours = http::load(&demo.target, path, bench.options.seconds)?;
            let bare = bench.product.serve_bare(bytes)?;
            let bare = http::load(&bare.target, "/", bench.options.seconds)?;
            table.add([
                format!("`GET {name}`"),
                engine.name().into(),
                format!("{bytes} B"),
                format!("{:.0}", ours.requests_per_second),
                ours.slowest_percent,
                format!("{:.0}", bare.requests_per_second),
                format!(
                    "{:.0} %",
                    100.0 * ours.requests_per_second / bare.requests_per_second
                ),
            ]);
        }
    }
    Ok(table)
}
