//! Who asks: a user whom the product's command line makes, and what they show.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::http;
use super::product::Product;
use super::server::Target;

const EMAIL: &str = "bench@example.org";

/// An administrator of one database.
pub struct Account {
    email: String,
    password: String,
}

impl Account {
    /// Adds the database's first user; the product makes up a password where there is no terminal.
    pub fn add(product: &Product, database: &str, directory: &Path) -> Result<Self> {
        let add = ["user", "add", EMAIL, "--role", "admin", "--json"];
        let printed = product.run(&add, database, directory)?;
        let added = serde_json::from_str(&printed).context("user add printed no JSON")?;
        Self::read(&added)
    }

    /// As the product tells of a new user.
    pub fn read(told: &Value) -> Result<Self> {
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        Ok(Self {
            email: text("email").context("the product told of no user")?,
            password: text("password").context("the product told of no password")?,
        })
    }

    /// The same service, shown the access token of a new session.
    pub fn log_in(&self, target: &Target) -> Result<Target> {
        let credentials = json!({ "email": self.email, "password": self.password });
        let session = http::post_json(target, "/v1/auth/login", &credentials)?;
        let token = session["access_token"].as_str();
        Ok(Target {
            url: target.url.clone(),
            token: Some(token.context("the login gave no access token")?.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Account;

    #[test]
    fn who_has_no_password_cannot_log_in() {
        let told = json!({ "email": "ada@example.org", "password": "made up" });
        let account = Account::read(&told).unwrap();
        assert_eq!(
            (account.email.as_str(), account.password.as_str()),
            ("ada@example.org", "made up")
        );
        assert!(Account::read(&json!({ "email": "ada@example.org" })).is_err());
    }
}
