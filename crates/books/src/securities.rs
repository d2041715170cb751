//! Securities: what can be held and priced, shared by all owners.

mod register;

use std::collections::{BTreeMap, BTreeSet};

use db::ConnectionTrait;
use entity::{
    books::security,
    values::{SecurityId, SecurityKind},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr},
};

use crate::{
    Error, currency,
    page::{Listed, Page},
    text,
};

pub use register::register;
pub(crate) use register::{by_symbol, check_registrable, kind_of, name_of};

const LONGEST_SYMBOL: usize = 40;
const LONGEST_TEXT: usize = 200;
/// Few enough for the parameters of one statement.
const IDS_AT_ONCE: usize = 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurity {
    /// Unique, 1 to 40 of `A`-`Z`, `0`-`9`, `.`, `_`, `-`, `'` and `/`, as in Beancount's names.
    pub symbol: String,
    pub name: String,
    pub kind: SecurityKind,
    /// The currency of its prices, ISO 4217.
    pub currency: String,
    pub exchange: Option<String>,
    pub isin: Option<String>,
    pub figi: Option<String>,
    pub sector: Option<String>,
    pub country: Option<String>,
}

pub async fn create(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    new: NewSecurity,
) -> Result<security::Model, Error> {
    check(&new)?;
    let made = new_row(ctx, new);
    let row = made.clone().into_active_model().reset_all();
    match security::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(db::Error::from)
    {
        Ok(_) => Ok(made),
        Err(db::Error::Duplicate(_)) => Err(Error::SymbolTaken {
            symbol: made.symbol,
        }),
        Err(error) => Err(error.into()),
    }
}

fn check(new: &NewSecurity) -> Result<(), Error> {
    check_symbol(&new.symbol)?;
    text::check_line("/name", &new.name, LONGEST_TEXT)?;
    currency::check("/currency", &new.currency)?;
    let optional = [
        ("/exchange", &new.exchange),
        ("/isin", &new.isin),
        ("/figi", &new.figi),
        ("/sector", &new.sector),
        ("/country", &new.country),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            text::check_line(field, value, LONGEST_TEXT)?;
        }
    }
    Ok(())
}

fn check_symbol(symbol: &str) -> Result<(), Error> {
    if is_symbol(symbol) {
        return Ok(());
    }
    let shown: String = symbol.chars().take(LONGEST_SYMBOL + 1).collect();
    let detail = format!(
        "must be 1 to {LONGEST_SYMBOL} of the characters A-Z, 0-9, dot, underscore, hyphen, \
         apostrophe and slash, which `{shown}` is not"
    );
    Err(Error::Invalid {
        field: "/symbol",
        detail,
    })
}

fn is_symbol(symbol: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"._-'/".contains(&b);
    (1..=LONGEST_SYMBOL).contains(&symbol.len()) && symbol.bytes().all(allowed)
}

fn new_row(ctx: &Ctx, new: NewSecurity) -> security::Model {
    let now = ctx.now();
    security::Model {
        id: SecurityId::new(),
        symbol: new.symbol,
        name: new.name,
        kind: new.kind,
        currency: new.currency,
        exchange: new.exchange,
        isin: new.isin,
        figi: new.figi,
        sector: new.sector,
        country: new.country,
        is_active: true,
        created_at: now,
        updated_at: now,
    }
}

/// Those of `ids` that there are.
pub(crate) async fn which_exist(
    db: &impl ConnectionTrait,
    ids: BTreeSet<SecurityId>,
) -> Result<BTreeSet<SecurityId>, Error> {
    const AT_ONCE: usize = 500;

    let ids: Vec<SecurityId> = ids.into_iter().collect();
    let mut known = BTreeSet::new();
    for ids in ids.chunks(AT_ONCE) {
        let rows: Vec<SecurityId> = security::Entity::find()
            .filter(security::Column::Id.is_in(ids.iter().copied()))
            .select_only()
            .column(security::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        known.extend(rows);
    }
    Ok(known)
}

pub async fn find(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: SecurityId,
) -> Result<security::Model, Error> {
    let found = security::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| Error::SecurityNotFound {
        security: id.to_string(),
    })
}

/// Those of the ids that there are, few enough to be held at once.
pub(crate) async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &BTreeSet<SecurityId>,
) -> Result<BTreeMap<SecurityId, security::Model>, Error> {
    let ids: Vec<SecurityId> = ids.iter().copied().collect();
    let mut known = BTreeMap::new();
    for batch in ids.chunks(IDS_AT_ONCE) {
        let rows = security::Entity::find()
            .filter(security::Column::Id.is_in(batch.iter().copied()))
            .all(db)
            .await?;
        known.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(known)
}

pub async fn find_by_symbol(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    symbol: &str,
) -> Result<security::Model, Error> {
    let not_found = || Error::SecurityNotFound {
        security: symbol.to_owned(),
    };
    if !is_symbol(symbol) {
        return Err(not_found());
    }
    let query = security::Entity::find().filter(security::Column::Symbol.eq(symbol));
    query.one(db).await?.ok_or_else(not_found)
}

/// In the order of their making; with `q`, those whose symbol or name holds it, in capitals or not
/// (of the letters A to Z).
pub async fn list(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    q: Option<&str>,
    page: &Page<SecurityId>,
) -> Result<Listed<security::Model>, Error> {
    let mut query = security::Entity::find();
    if let Some(text) = q {
        if !text::is_storable(text) {
            return Ok(page.cut(Vec::new()));
        }
        query = query.filter(holds(db.get_database_backend(), text));
    }
    if let Some(known) = page.after {
        query = query.filter(security::Column::Id.gt(known));
    }
    let rows = query
        .order_by_asc(security::Column::Id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

/// SQLite folds the case of ASCII alone; PostgreSQL does so under the collation C.
fn holds(backend: DbBackend, text: &str) -> Condition {
    let (symbol, name) = match backend {
        DbBackend::Sqlite => ("lower(symbol)", "lower(name)"),
        _ => (r#"lower(symbol COLLATE "C")"#, r#"lower(name COLLATE "C")"#),
    };
    let escaped: String = text
        .to_ascii_lowercase()
        .chars()
        .flat_map(|c| {
            matches!(c, '%' | '_' | '\\')
                .then_some('\\')
                .into_iter()
                .chain([c])
        })
        .collect();
    let pattern = LikeExpr::new(format!("%{escaped}%")).escape('\\');
    Condition::any()
        .add(Expr::cust(symbol).like(pattern.clone()))
        .add(Expr::cust(name).like(pattern))
}
