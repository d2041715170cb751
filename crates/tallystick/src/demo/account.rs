//! Whose the demo is, and what it is looked at with.

use db::{Database, page::Page};
use entity::{identity::user, values::UserRole};
use identity::{
    ApiToken, Ctx, Password, Passwords, Scope, api_tokens,
    audit::Entry,
    users::{self, NewUser, UserFilter},
};

use crate::{error::Error, session, transaction::in_one_transaction};

const EMAIL: &str = "demo@localhost";
/// Of the token that each start makes, and the next one revokes.
const TOKEN_NAME: &str = "tallystick demo";

/// The demo's owner: an administrator of its own, or the only user that there is.
pub struct Account {
    pub ctx: Ctx,
    pub email: String,
    /// What nobody but this start knows: `None` where the account was there.
    pub password: Option<Password>,
    pub token: ApiToken,
}

/// Finds or makes the account, and makes a token that is good for everything.
pub async fn open(database: &Database, passwords: &Passwords) -> Result<Account, Error> {
    let (user, password) = match find(database).await? {
        Some(user) => (user, None),
        None => add(database, passwords).await?,
    };
    let ctx = session::operator_of(database, user.id);
    let token = replace_token(&ctx).await?;
    Ok(Account {
        ctx,
        email: user.email,
        password,
        token,
    })
}

async fn find(database: &Database) -> Result<Option<user::Model>, Error> {
    let ctx = session::operator(database);
    if let Some(user) = users::find_by_email(&ctx, database.reader(), EMAIL).await? {
        return Ok(Some(user));
    }
    let two = Page {
        after: None,
        limit: 2,
    };
    let active = UserFilter {
        is_active: Some(true),
        ..UserFilter::default()
    };
    let known = users::list(&ctx, database.reader(), &active, &two).await?;
    let is_only = known.items.len() == 1;
    Ok(known.items.into_iter().next().filter(|_| is_only))
}

async fn add(
    database: &Database,
    passwords: &Passwords,
) -> Result<(user::Model, Option<Password>), Error> {
    let ctx = session::operator(database);
    let password = Password::random()?;
    let new = NewUser {
        email: EMAIL.to_owned(),
        display_name: "Demo".to_owned(),
        role: UserRole::Admin,
        password_hash: Some(passwords.hash(&password).await?),
    };
    let added = in_one_transaction(&ctx, async |tx| {
        let user = users::add(&ctx, &tx, new.clone()).await?;
        let entry = Entry::done("user.add", "user").of(user.id);
        Ok((user, entry.with("role", UserRole::Admin.as_str())))
    })
    .await?;
    Ok((added, Some(password)))
}

async fn replace_token(ctx: &Ctx) -> Result<ApiToken, Error> {
    let everything = Page {
        after: None,
        limit: u64::MAX,
    };
    in_one_transaction(ctx, async |tx| {
        let known = api_tokens::list(ctx, &tx, ctx.scope, &everything).await?;
        let of_demo = known.items.iter().filter(|token| token.name == TOKEN_NAME);
        for earlier in of_demo.filter(|token| token.revoked_at.is_none()) {
            api_tokens::revoke(ctx, &tx, ctx.scope, earlier.id).await?;
        }
        let scopes = [Scope::Admin].into_iter().collect();
        let made = api_tokens::create(ctx, &tx, ctx.scope, TOKEN_NAME, scopes, None).await?;
        let entry = Entry::done("api_token.create", "api_token").of(made.1.id);
        Ok((made.0, entry.with("name", TOKEN_NAME)))
    })
    .await
}
