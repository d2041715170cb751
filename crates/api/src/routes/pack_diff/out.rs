//! The form of a difference, over REST and on the command line alike.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::{
    pricing::pack,
    values::{self, Money, PortfolioId},
};
use performance::{
    ENGINE_VERSION, Effects,
    effect::{Cause, Effect},
};
use pricing::{
    content::{Change, FieldChange, Members, RowChange, RowKey},
    packs::PackDiff,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    routes::positions::WarningOut,
    schema::{Decimal, PackStatus},
};

/// What one pack has otherwise than another.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiffOut {
    pub old: PackRefOut,
    pub new: PackRefOut,
    /// Of all differing rows, on whatever page they are.
    pub counts: CountsOut,
    /// Rows that only the new pack has.
    pub added: Vec<RowOut>,
    /// Rows that only the old pack has.
    pub removed: Vec<RowOut>,
    pub changed: Vec<ChangedRowOut>,
    /// Pass it as `cursor` to get what follows; null at the end.
    pub next_cursor: Option<String>,
    /// Null where no portfolio was asked for.
    pub portfolio: Option<PortfolioEffectsOut>,
}

impl DiffOut {
    /// `rows` are those of one page.
    pub fn new(
        diff: &PackDiff,
        rows: Vec<RowChange>,
        next_cursor: Option<String>,
        effects: Option<(PortfolioId, Effects)>,
    ) -> Self {
        let mut out = Self {
            old: PackRefOut::of(&diff.old),
            new: PackRefOut::of(&diff.new),
            counts: CountsOut::of(&diff.changes),
            added: Vec::new(),
            removed: Vec::new(),
            changed: Vec::new(),
            next_cursor,
            portfolio: effects.map(|(id, effects)| PortfolioEffectsOut::new(id, effects)),
        };
        for RowChange { key, change } in rows {
            match change {
                Change::Added(members) => out.added.push(RowOut::new(key, members)),
                Change::Removed(members) => out.removed.push(RowOut::new(key, members)),
                Change::Changed(fields) => out.changed.push(ChangedRowOut::new(key, fields)),
            }
        }
        out
    }
}

/// Which pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackRefOut {
    pub id: String,
    pub asof_date: NaiveDate,
    pub policy: String,
    #[schema(value_type = PackStatus)]
    pub status: values::PackStatus,
    /// Null while the pack is warming.
    pub hash: Option<String>,
}

impl PackRefOut {
    fn of(pack: &pack::Model) -> Self {
        Self {
            id: pack.id.clone(),
            asof_date: pack.asof_date,
            policy: pack.policy.clone(),
            status: pack.status,
            hash: pack.hash.clone(),
        }
    }
}

/// How many rows differ.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CountsOut {
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
}

impl CountsOut {
    fn of(changes: &[RowChange]) -> Self {
        let mut counts = Self::default();
        for row in changes {
            match row.change {
                Change::Added(_) => counts.added += 1,
                Change::Removed(_) => counts.removed += 1,
                Change::Changed(_) => counts.changed += 1,
            }
        }
        counts
    }
}

/// A row that one of the packs has.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowOut {
    /// `price` or `fx`
    pub kind: &'static str,
    /// Of a price.
    pub symbol: Option<String>,
    /// Of a rate.
    pub base: Option<String>,
    pub quote: Option<String>,
    /// Its members as the pack format has them, without what names it.
    pub fields: BTreeMap<String, String>,
}

impl RowOut {
    fn new(key: RowKey, members: Members) -> Self {
        let naming = ["kind", "symbol", "base", "quote"];
        let fields = members
            .into_iter()
            .filter(|(name, _)| !naming.contains(name));
        let (kind, symbol, base, quote) = names(key);
        Self {
            kind,
            symbol,
            base,
            quote,
            fields: fields.map(|(name, text)| (name.to_owned(), text)).collect(),
        }
    }
}

/// A row that both packs have, but not alike.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedRowOut {
    /// `price` or `fx`
    pub kind: &'static str,
    /// Of a price.
    pub symbol: Option<String>,
    /// Of a rate.
    pub base: Option<String>,
    pub quote: Option<String>,
    /// The members that differ.
    pub fields: BTreeMap<String, FieldChangeOut>,
}

impl ChangedRowOut {
    fn new(key: RowKey, fields: BTreeMap<&'static str, FieldChange>) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, FieldChange { old, new })| (name.to_owned(), FieldChangeOut { old, new }));
        let (kind, symbol, base, quote) = names(key);
        Self {
            kind,
            symbol,
            base,
            quote,
            fields: fields.collect(),
        }
    }
}

/// A member before and after; null where the row lacks it.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldChangeOut {
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What the difference does to what a portfolio held on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct PortfolioEffectsOut {
    #[schema(value_type = uuid::Uuid)]
    pub portfolio_id: PortfolioId,
    /// ISO 4217; of all amounts here.
    pub base_currency: String,
    /// The day of the books.
    pub asof_date: NaiveDate,
    pub books_revision: i64,
    pub engine_version: String,
    /// Positions and cash at the old pack's prices and rates.
    #[schema(value_type = Decimal)]
    pub old_value: Money,
    #[schema(value_type = Decimal)]
    pub new_value: Money,
    /// New less old, with every digit: up to 38.
    #[schema(value_type = Decimal)]
    pub change: String,
    /// The rows that moved the value, in their order; they sum to the change exactly.
    pub effects: Vec<EffectOut>,
    /// What the old value leaves out.
    pub old_warnings: Vec<WarningOut>,
    pub new_warnings: Vec<WarningOut>,
}

impl PortfolioEffectsOut {
    fn new(portfolio_id: PortfolioId, effects: Effects) -> Self {
        Self {
            portfolio_id,
            base_currency: effects.base_currency,
            asof_date: effects.asof_date,
            books_revision: effects.books_revision,
            engine_version: ENGINE_VERSION.to_owned(),
            old_value: effects.old_value,
            new_value: effects.new_value,
            change: effects.change.to_string(),
            effects: effects.parts.into_iter().map(EffectOut::from).collect(),
            old_warnings: effects.old_warnings.iter().map(WarningOut::from).collect(),
            new_warnings: effects.new_warnings.iter().map(WarningOut::from).collect(),
        }
    }
}

/// By how much a row moved the value.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectOut {
    /// `price`, `fx`, or `pivot` where the packs' policies convert through different currencies
    pub kind: &'static str,
    pub symbol: Option<String>,
    pub base: Option<String>,
    pub quote: Option<String>,
    /// With every digit: up to 38.
    #[schema(value_type = Decimal)]
    pub effect: String,
}

impl From<Effect> for EffectOut {
    fn from(part: Effect) -> Self {
        let effect = part.amount.to_string();
        let (kind, symbol, base, quote) = match part.cause {
            Cause::Row(key) => names(key),
            Cause::Pivot => ("pivot", None, None, None),
        };
        Self {
            kind,
            symbol,
            base,
            quote,
            effect,
        }
    }
}

type Names = (&'static str, Option<String>, Option<String>, Option<String>);

fn names(key: RowKey) -> Names {
    match key {
        RowKey::Price { symbol } => ("price", Some(symbol), None, None),
        RowKey::Fx { base, quote } => ("fx", None, Some(base), Some(quote)),
    }
}
