//! What many stories begin with.

use serde_json::{Value, json};

use super::App;

/// Ten NKE bought at 50, of which four were sold at 60, and a dividend.
pub const LEDGER: &str = r#"
option "operating_currency" "USD"
2024-01-01 open Assets:Broker:Cash USD
2024-01-01 open Assets:Broker:NKE NKE "FIFO"
2024-01-01 open Income:Dividends USD
2024-01-01 open Income:Gains USD
2024-01-01 open Equity:Opening USD
2024-01-01 commodity NKE
  name: "Nike"
2024-01-02 * "Deposit"
  Assets:Broker:Cash   1000 USD
  Equity:Opening
2024-01-03 * "Buy"
  Assets:Broker:NKE      10 NKE {50 USD}
  Assets:Broker:Cash   -500 USD
2024-06-03 * "Dividend"
  Assets:Broker:Cash      5 USD
  Income:Dividends
2024-07-01 * "Sell"
  Assets:Broker:NKE      -4 NKE {} @ 60 USD
  Assets:Broker:Cash    240 USD
  Income:Gains
"#;

impl App {
    pub async fn new_portfolio(&self, name: &str) -> String {
        let body = json!({"name": name, "base_currency": "USD"});
        let made = self.post("/v1/portfolios", &body).await.expect(201);
        id_of(&made.json())
    }

    pub async fn new_security(&self, symbol: &str) -> String {
        let body = json!({"symbol": symbol, "name": symbol, "kind": "equity", "currency": "USD"});
        let made = self.post("/v1/securities", &body).await.expect(201);
        id_of(&made.json())
    }

    pub async fn new_pack(&self, asof: &str) -> String {
        let made = self
            .post("/v1/packs", &json!({"asof_date": asof}))
            .await
            .expect(201);
        id_of(&made.json())
    }

    /// A fresh pack with these lines under `symbol,close,currency`.
    pub async fn fresh_pack(&self, asof: &str, prices: &str) -> Value {
        let id = self.new_pack(asof).await;
        self.load_prices(&id, prices).await;
        self.mark_fresh(&id).await
    }

    pub async fn load_prices(&self, pack: &str, prices: &str) {
        let csv = format!("symbol,close,currency\n{prices}\n");
        self.upload(&format!("/v1/packs/{pack}/prices"), "text/csv", csv)
            .await
            .expect(201);
    }

    pub async fn mark_fresh(&self, pack: &str) -> Value {
        let path = format!("/v1/packs/{pack}/fresh");
        self.send(self.request(reqwest::Method::POST, &path))
            .await
            .expect(200)
            .json()
    }

    pub async fn import(&self, portfolio: &str, ledger: &str, accounts: &str) -> Value {
        let path = format!("/v1/portfolios/{portfolio}/imports?accounts={accounts}");
        self.upload(&path, "text/plain", ledger.to_owned())
            .await
            .expect(201)
            .json()
    }

    /// A portfolio with the books of [`LEDGER`].
    pub async fn portfolio_with_books(&self) -> String {
        let portfolio = self.new_portfolio("Broker").await;
        self.import(&portfolio, LEDGER, "Assets:Broker").await;
        portfolio
    }
}

pub fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}
