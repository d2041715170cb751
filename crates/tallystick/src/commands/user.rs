//! `tallystick user`: who may come in, and as what.

mod password;

use db::page::Page;
use entity::{identity::user, values::UserRole};
use identity::{
    Ctx, Passwords,
    audit::Entry,
    users::{self, NewUser, UserFilter},
};
use serde_json::{Value, json};

use crate::{
    cli::user::{PasswordSource, User},
    error::Error,
    output::{print, print_json},
    session,
    settings::Settings,
    table::{Column, or_dash, table},
    transaction::in_one_transaction,
};
use password::Chosen;

pub async fn run(settings: &Settings, command: User) -> Result<(), Error> {
    let ctx = session::open_shared(settings).await?;
    let passwords = Passwords::new(settings.auth.password_threads);
    let outcome = carry_out(&ctx, &passwords, command).await;
    ctx.database.close().await;
    outcome
}

async fn carry_out(ctx: &Ctx, passwords: &Passwords, command: User) -> Result<(), Error> {
    match command {
        User::Add {
            email,
            name,
            role,
            password,
            no_password,
            output,
        } => {
            let source = (!no_password).then_some(password);
            let (user, chosen) = add(ctx, passwords, &email, name, role, source).await?;
            let said = format!("Added {} as {}.", user.email, user.role);
            tell(&user, &said, chosen, output.json)
        }
        User::List { text, output } => list(ctx, text, output.json).await,
        User::Disable { email } => set_active(ctx, &email, false).await,
        User::Enable { email } => set_active(ctx, &email, true).await,
        User::Password {
            email,
            password,
            output,
        } => {
            let (user, chosen) = set_password(ctx, passwords, &email, password).await?;
            let said = format!(
                "{} has a new password; their sessions have ended.",
                user.email
            );
            tell(&user, &said, Some(chosen), output.json)
        }
        User::Role { email, role } => set_role(ctx, &email, role).await,
    }
}

/// The user of an address, for a command that was given one.
pub async fn find(ctx: &Ctx, email: &str) -> Result<user::Model, Error> {
    let found = users::find_by_email(ctx, ctx.database.reader(), email).await?;
    let user = email.to_owned();
    Ok(found.ok_or(identity::Error::UserNotFound { user })?)
}

async fn add(
    ctx: &Ctx,
    passwords: &Passwords,
    email: &str,
    name: Option<String>,
    role: UserRole,
    source: Option<PasswordSource>,
) -> Result<(user::Model, Option<Chosen>), Error> {
    let email = users::normal_email(email)?;
    let local_part = || email.split('@').next().unwrap_or_default().to_owned();
    let display_name = name.unwrap_or_else(local_part);
    let chosen = source.map(password::choose).transpose()?;
    let mut password_hash = None;
    if let Some(chosen) = &chosen {
        let hash = passwords.hash_chosen(&chosen.password, &email, &display_name);
        password_hash = Some(hash.await?);
    }
    let new = NewUser {
        email,
        display_name,
        role,
        password_hash,
    };
    let added = in_one_transaction(ctx, async |tx| {
        let user = users::add(ctx, &tx, new.clone()).await?;
        let entry = Entry::done("user.add", "user").of(user.id);
        Ok((user, entry.with("role", role.as_str())))
    });
    Ok((added.await?, chosen))
}

async fn set_password(
    ctx: &Ctx,
    passwords: &Passwords,
    email: &str,
    source: PasswordSource,
) -> Result<(user::Model, Chosen), Error> {
    let user = find(ctx, email).await?;
    let chosen = password::choose(source)?;
    let hash = passwords.hash_chosen(&chosen.password, &user.email, &user.display_name);
    let hash = hash.await?;
    let changed = in_one_transaction(ctx, async |tx| {
        let changed = users::set_password(ctx, &tx, user.id, hash.clone()).await?;
        Ok((changed, Entry::done("user.password", "user").of(user.id)))
    });
    Ok((changed.await?.after, chosen))
}

async fn set_active(ctx: &Ctx, email: &str, is_active: bool) -> Result<(), Error> {
    let user = find(ctx, email).await?;
    in_one_transaction(ctx, async |tx| {
        let changed = users::set_active(ctx, &tx, user.id, is_active).await?;
        let entry = Entry::done("user.update", "user").of(user.id);
        Ok((changed, entry.with("is_active", is_active)))
    })
    .await?;
    let state = if is_active {
        "may log in"
    } else {
        "is shut out; their sessions and tokens have ended"
    };
    print(&format!("{} {state}.", user.email))
}

async fn set_role(ctx: &Ctx, email: &str, role: UserRole) -> Result<(), Error> {
    let user = find(ctx, email).await?;
    let changed = in_one_transaction(ctx, async |tx| {
        let changed = users::set_role(ctx, &tx, user.id, role).await?;
        let entry = Entry::done("user.update", "user").of(user.id);
        Ok((changed, entry.with("role", role.as_str())))
    })
    .await?;
    print(&format!(
        "{} was {} and is {role}.",
        user.email, changed.before.role
    ))
}

async fn list(ctx: &Ctx, text: Option<String>, json: bool) -> Result<(), Error> {
    let filter = UserFilter {
        text,
        is_active: None,
    };
    let everybody = Page {
        after: None,
        limit: u64::MAX,
    };
    let found = users::list(ctx, ctx.database.reader(), &filter, &everybody).await?;
    if json {
        let items: Vec<_> = found.items.iter().map(as_json).collect();
        return print_json(&json!({ "items": items }));
    }
    let columns = ["Email", "Name", "Role", "State", "Last login"].map(Column::Words);
    let rows = found.items.iter().map(|user| {
        let state = if user.is_active { "active" } else { "disabled" };
        vec![
            user.email.clone(),
            user.display_name.clone(),
            user.role.to_string(),
            state.to_owned(),
            or_dash(user.last_login_at.map(|at| at.format("%Y-%m-%d %H:%M"))),
        ]
    });
    print(&table(&columns, rows))
}

fn as_json(user: &user::Model) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "role": user.role.to_string(),
        "is_active": user.is_active,
        "last_login_at": user.last_login_at,
        "created_at": user.created_at,
    })
}

/// Says what was done, and once the password, if nobody but the program knows it.
fn tell(user: &user::Model, said: &str, chosen: Option<Chosen>, json: bool) -> Result<(), Error> {
    let made_up = chosen.filter(|chosen| chosen.is_made_up);
    if json {
        let mut user = as_json(user);
        if let Some(chosen) = made_up {
            user["password"] = chosen.password.expose().into();
        }
        return print_json(&user);
    }
    print(said)?;
    match made_up {
        Some(chosen) => print(&format!(
            "{}\nThis password is shown once.",
            chosen.password.expose()
        )),
        None => Ok(()),
    }
}
