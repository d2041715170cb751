//! `tallystick token`: what programs are let in with.

use chrono::TimeDelta;
use db::page::Page;
use entity::{
    identity::{api_token, user},
    values::ApiTokenId,
};
use identity::{Ctx, Scope, Scopes, api_tokens, audit::Entry, users};
use serde_json::{Value, json};

use super::user::find;
use crate::{
    cli::token::Token,
    error::Error,
    output::{print, print_json},
    session,
    settings::Settings,
    table::{Column, or_dash, table},
    transaction::in_one_transaction,
};

pub async fn run(settings: &Settings, command: Token) -> Result<(), Error> {
    let ctx = session::open_shared(settings).await?;
    let outcome = match command {
        Token::Create {
            user,
            scope,
            name,
            expires,
            output,
        } => create(&ctx, &user, scope, &name, expires, output.json).await,
        Token::List { user, output } => list(&ctx, &user, output.json).await,
        Token::Revoke { id } => revoke(&ctx, id).await,
    };
    ctx.database.close().await;
    outcome
}

async fn create(
    ctx: &Ctx,
    email: &str,
    scopes: Vec<Scope>,
    name: &str,
    expires: Option<TimeDelta>,
    json: bool,
) -> Result<(), Error> {
    let owner = find(ctx, email).await?.id;
    let scopes: Scopes = scopes.into_iter().collect();
    let expires_at = expires.map(|time| ctx.now() + time);
    let (token, row) = in_one_transaction(ctx, async |tx| {
        let made = api_tokens::create(ctx, &tx, owner, name, scopes, expires_at).await?;
        let entry = Entry::done("api_token.create", "api_token")
            .of(made.1.id)
            .with("owner_user_id", owner.to_string())
            .with("name", name)
            .with("scopes", scopes.to_string());
        Ok((made, entry))
    })
    .await?;
    if json {
        let mut shown = as_json(&row);
        shown["token"] = token.expose().into();
        return print_json(&shown);
    }
    print(&format!(
        "{}\nThis token is shown once. It is good for {scopes}, {}; `tallystick token revoke {}` ends \
         it.",
        token.expose(),
        match row.expires_at {
            Some(end) => format!("until {}", end.format("%Y-%m-%d %H:%M")),
            None => "until it is revoked".to_owned(),
        },
        row.id
    ))
}

async fn list(ctx: &Ctx, email: &str, json: bool) -> Result<(), Error> {
    let owner = find(ctx, email).await?;
    let tokens = all_of(ctx, &owner).await?;
    if json {
        let items: Vec<_> = tokens.iter().map(as_json).collect();
        return print_json(&json!({ "items": items }));
    }
    if tokens.is_empty() {
        return print(&format!("{} has no token.", owner.email));
    }
    let columns = ["Id", "Name", "Begins with", "Scopes", "State", "Last used"];
    let rows = tokens.iter().map(|token| {
        vec![
            token.id.to_string(),
            token.name.clone(),
            token.prefix.clone(),
            api_tokens::scopes_of(token).to_string(),
            state(ctx, token).to_owned(),
            or_dash(token.last_used_at.map(|at| at.format("%Y-%m-%d %H:%M"))),
        ]
    });
    print(&table(&columns.map(Column::Words), rows))
}

async fn all_of(ctx: &Ctx, owner: &user::Model) -> Result<Vec<api_token::Model>, Error> {
    let everything = Page {
        after: None,
        limit: u64::MAX,
    };
    let reader = ctx.database.reader();
    Ok(api_tokens::list(ctx, reader, owner.id, &everything)
        .await?
        .items)
}

async fn revoke(ctx: &Ctx, id: ApiTokenId) -> Result<(), Error> {
    let revoked = in_one_transaction(ctx, async |tx| {
        let token = api_tokens::find_any(ctx, &tx, id).await?;
        let revoked = api_tokens::revoke(ctx, &tx, token.owner_user_id, id).await?;
        Ok((revoked, Entry::done("api_token.revoke", "api_token").of(id)))
    })
    .await?;
    let owner = users::find(ctx, ctx.database.reader(), revoked.owner_user_id).await?;
    print(&format!(
        "The token `{}` of {} ({}…) is good no more.",
        revoked.name, owner.email, revoked.prefix
    ))
}

fn state(ctx: &Ctx, token: &api_token::Model) -> &'static str {
    if token.revoked_at.is_some() {
        "revoked"
    } else if token.expires_at.is_some_and(|end| end <= ctx.now()) {
        "expired"
    } else {
        "good"
    }
}

fn as_json(token: &api_token::Model) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": api_tokens::scopes_of(token),
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
        "created_at": token.created_at,
    })
}
