//! `tallystick demo`: from nothing to a service with something in it.

use serde_json::{Value, json};

use super::serve::{self, Door};
use crate::{
    cli::Demo,
    demo::{
        self, Loaded,
        account::{self, Account},
    },
    error::Error,
    output::{print, print_json},
    progress::Progress,
    secrets::Secrets,
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, args: Demo) -> Result<(), Error> {
    let door = Door::open(&settings.server, args.port)?;
    let secrets = Secrets::load(settings)?;
    let url = door.url.clone();
    let database = db::Database::connect(&settings.database.connection()).await?;
    session::migrate(settings, &database).await?;
    let account = account::open(&database, &secrets.security.passwords).await?;
    let loaded = demo::load(&account.ctx, Progress::unless_json(args.json)).await?;
    serve::serve(
        settings,
        secrets,
        database,
        serve::Readiness::Ready,
        door,
        || {
            if args.json {
                print_json(&as_json(&url, &account))
            } else {
                print(&what_to_try(&url, &loaded, &account, settings))
            }
        },
    )
    .await
}

fn as_json(url: &str, account: &Account) -> Value {
    let mut shown = json!({
        "url": url,
        "email": account.email,
        "token": account.token.expose(),
    });
    if let Some(password) = &account.password {
        shown["password"] = password.expose().into();
    }
    shown
}

fn who_may_come_in(account: &Account) -> String {
    let email = &account.email;
    match &account.password {
        Some(password) => format!(
            "Its account is {email} with the password {}, which is shown this once.",
            password.expose()
        ),
        None => format!(
            "Its account is {email}; `tallystick user password {email}` gives it another password."
        ),
    }
}

fn what_to_try(url: &str, loaded: &Loaded, account: &Account, settings: &Settings) -> String {
    let who = who_may_come_in(account);
    let token = account.token.expose();
    let database = &settings.database.url;
    let state = if loaded.was_there {
        format!("The demo was in {database} already and is kept as it is.")
    } else {
        format!("The demo is in {database}.")
    };
    let names: Vec<&str> = loaded
        .portfolios
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let id = loaded
        .portfolios
        .first()
        .map(|(_, id)| id.to_string())
        .unwrap_or_default();
    format!(
        "{state}
Its portfolios: {}.
{who}

Tallystick serves on {url}

Try:
  {url}/docs
  curl -H 'Authorization: Bearer {token}' {url}/v1/portfolios
  curl -H 'Authorization: Bearer {token}' {url}/v1/portfolios/{id}/positions
  curl -H 'Authorization: Bearer {token}' {url}/v1/execute -H 'Content-Type: application/json' -d \
'{{\"pattern_id\":\"portfolio_overview\",\"portfolio_id\":\"{id}\"}}'

The token is good until the next start of the demo. Ctrl-C stops it; the data stays.",
        names.join(", ")
    )
}
