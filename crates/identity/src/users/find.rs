//! Looking users up.

use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    identity::{
        credential,
        user::{Column, Entity, Model},
    },
    values::UserId,
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr, LockType},
};

use super::normal_email;
use crate::{Ctx, Error};

/// Which users are wanted; all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Part of the address or the name, in letters of either case.
    pub text: Option<String>,
    pub is_active: Option<bool>,
}

pub async fn find(_ctx: &Ctx, db: &impl ConnectionTrait, id: UserId) -> Result<Model, Error> {
    let found = Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| not_found(id))
}

/// The user of an address, in letters of either case.
pub async fn find_by_email(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    email: &str,
) -> Result<Option<Model>, Error> {
    let Ok(email) = normal_email(email) else {
        return Ok(None);
    };
    let query = Entity::find().filter(Column::Email.eq(email));
    Ok(query.one(db).await?)
}

/// In the order of their making.
pub async fn list(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    filter: &UserFilter,
    page: &Page<UserId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find();
    if let Some(text) = &filter.text {
        query = query.filter(holds(db.get_database_backend(), text));
    }
    if let Some(is_active) = filter.is_active {
        query = query.filter(Column::IsActive.eq(is_active));
    }
    if let Some(known) = page.after {
        query = query.filter(Column::Id.gt(known));
    }
    let query = query.order_by_asc(Column::Id).limit(page.fetch_limit());
    Ok(page.cut(query.all(db).await?))
}

/// The hash that a user's password is checked against; none for a user who cannot log in.
pub async fn password_hash(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<String>, Error> {
    let found = credential::Entity::find_by_id(id).one(db).await?;
    Ok(found.map(|credential| credential.password_hash))
}

/// Reads a user so that nobody else changes it before this transaction ends. Rows that refer to the
/// user may be made meanwhile.
pub(crate) async fn lock(db: &impl ConnectionTrait, id: UserId) -> Result<Model, Error> {
    let query = Entity::find_by_id(id).lock(LockType::NoKeyUpdate);
    query.one(db).await?.ok_or_else(|| not_found(id))
}

fn not_found(id: UserId) -> Error {
    let user = id.to_string();
    Error::UserNotFound { user }
}

/// SQLite folds the case of ASCII alone; PostgreSQL does so under the collation C.
fn holds(backend: DbBackend, text: &str) -> Condition {
    let (email, name) = match backend {
        DbBackend::Sqlite => ("lower(email)", "lower(display_name)"),
        _ => (
            r#"lower(email COLLATE "C")"#,
            r#"lower(display_name COLLATE "C")"#,
        ),
    };
    let mut pattern = String::from("%");
    for letter in text.to_ascii_lowercase().chars().filter(|c| *c != '\0') {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    let pattern = LikeExpr::new(pattern).escape('\\');
    Condition::any()
        .add(Expr::cust(email).like(pattern.clone()))
        .add(Expr::cust(name).like(pattern))
}
