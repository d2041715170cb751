//! What is there when a run begins: books, prices, results, and users of whom one asks.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::service::Home;
use crate::bench::server::Server;

pub const EMAIL: &str = "fuzz@example.org";
/// Of users that live as long as their run, on a service that only this machine reaches.
pub const PASSWORD: &str = "sturdy-otter-under-37-lamps";
const KEEPER: &str = "keeper@example.org";
const DAYS: [&str; 3] = [WARMING_DAY, "2025-10-20", "2025-10-21"];
const WARMING_DAY: &str = "2025-10-16";
const PRICES: &str = "symbol,close,currency\nNKE,74.5,USD\nPRIV,5.25,USD\n";
const RATES: &str = "base,quote,rate\nUSD,CAD,1.3712\n";
const LEDGER: &str = r#"
option "operating_currency" "USD"
2024-01-01 open Assets:Broker:Cash
2024-01-01 open Assets:Broker:Stocks
2024-01-01 open Equity:Owner
2024-01-01 open Income:Gains
2024-01-01 open Income:Dividends
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
2024-06-03 * "Dividend"
  Assets:Broker:Cash      5 USD
  Income:Dividends
"#;

/// Adds the users. The one who asks, whose id is answered, is an administrator until the stage is set.
pub fn add_users(home: &Home, role: &str) -> Result<String> {
    home.add_user(EMAIL, "admin", PASSWORD)?;
    let listed = home.json(&["user", "list"])?;
    let id = id_of(&listed["items"][0])?;
    if role != "admin" {
        home.add_user(KEEPER, "admin", PASSWORD)?;
    }
    let add = ["producer", "add", "momentum", "--user", EMAIL];
    home.run(&add)?;
    Ok(id)
}

/// Fills the books of the user who asks, and leaves them their role.
pub fn set(home: &Home, server: &Server, role: &str) -> Result<()> {
    let owner = Client::of(home, server, EMAIL)?;
    let first = owner.fill_portfolio("Broker")?;
    owner.fill_portfolio("Second")?;
    for day in DAYS {
        let pack = id_of(&owner.post("/v1/packs", &json!({ "asof_date": day }))?)?;
        let path = format!("/v1/packs/{pack}");
        owner.upload(&format!("{path}/prices"), "text/csv", PRICES)?;
        owner.upload(&format!("{path}/fx-rates"), "text/csv", RATES)?;
        if day != WARMING_DAY {
            owner.upload(&format!("{path}/fresh"), "text/plain", "")?;
        }
    }
    for _ in 0..2 {
        let body = json!({ "pattern_id": "portfolio_overview", "portfolio_id": first });
        owner.post("/v1/execute", &body)?;
    }
    if role != "admin" {
        owner.share(&first, KEEPER)?;
        let keeper = Client::of(home, server, KEEPER)?;
        keeper.share(&keeper.fill_portfolio("Shared")?, EMAIL)?;
        home.run(&["user", "role", EMAIL, role])?;
    }
    Ok(())
}

struct Client<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Client<'a> {
    fn of(home: &Home, server: &'a Server, email: &str) -> Result<Self> {
        let made = home.json(&["token", "create", "--user", email, "--scope", "admin"])?;
        let token = made["token"]
            .as_str()
            .context("token create printed no token")?;
        Ok(Self {
            server,
            token: token.to_owned(),
        })
    }

    fn fill_portfolio(&self, name: &str) -> Result<String> {
        let made = self.post(
            "/v1/portfolios",
            &json!({ "name": name, "base_currency": "USD" }),
        )?;
        let id = id_of(&made)?;
        let path = format!("/v1/portfolios/{id}/imports?accounts=Assets:Broker");
        self.upload(&path, "text/plain", LEDGER)?;
        Ok(id)
    }

    fn share(&self, portfolio: &str, with: &str) -> Result<()> {
        let body = json!({ "email": with, "permission": "read" });
        self.post(&format!("/v1/portfolios/{portfolio}/shares"), &body)
            .map(drop)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.upload(path, "application/json", &body.to_string())
    }

    fn upload(&self, path: &str, content_type: &str, body: &str) -> Result<Value> {
        let url = format!("{}{path}", self.server.target.url);
        let mut answer = ureq::post(&url)
            .config()
            .http_status_as_error(false)
            .build()
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", content_type)
            .send(body)
            .with_context(|| format!("POST {url} failed"))?;
        let text = answer.body_mut().read_to_string()?;
        ensure!(
            answer.status().is_success(),
            "POST {url} was refused: {text}"
        );
        serde_json::from_str(&text).with_context(|| format!("POST {url} answered no JSON"))
    }
}

fn id_of(made: &Value) -> Result<String> {
    Ok(made["id"]
        .as_str()
        .context("an answer without an id")?
        .to_owned())
}
