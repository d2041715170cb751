//! The form of a valuation, over REST and on the command line alike.

use chrono::NaiveDate;
use entity::values::{self, Money, Price, Quantity, Rate, Ratio, SecurityId};
use performance::{
    Provenance, Valuation,
    valuation::{CashPosition, Position, Totals, Warning},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{Decimal, SecurityKind};

/// A portfolio's positions, cash and totals, and where the figures come from.
#[derive(Debug, Serialize, ToSchema)]
pub struct PositionsOut {
    pub items: Vec<PositionOut>,
    /// ISO 4217; of all figures that name no other.
    pub base_currency: String,
    pub asof_date: NaiveDate,
    pub totals: TotalsOut,
    pub cash: Vec<CashOut>,
    /// What the figures leave out, and why.
    pub warnings: Vec<WarningOut>,
    pub provenance: ProvenanceOut,
}

impl PositionsOut {
    pub fn new(valuation: &Valuation, provenance: Provenance) -> Self {
        Self {
            items: valuation.items.iter().map(PositionOut::from).collect(),
            base_currency: valuation.base_currency.clone(),
            asof_date: valuation.asof_date,
            totals: valuation.totals.into(),
            cash: valuation.cash.iter().map(CashOut::from).collect(),
            warnings: valuation.warnings.iter().map(WarningOut::from).collect(),
            provenance: provenance.into(),
        }
    }
}

/// One security, valued. A figure that lacks a price, a rate or a cost is null, never zero.
#[derive(Debug, Serialize, ToSchema)]
pub struct PositionOut {
    pub security: SecurityRefOut,
    /// Negative for a short.
    #[schema(value_type = Decimal)]
    pub quantity: Quantity,
    /// In `price_currency`, for one unit.
    #[schema(value_type = Option<Decimal>)]
    pub price: Option<Price>,
    pub price_currency: Option<String>,
    /// Base currency units for one of `price_currency`.
    #[schema(value_type = Option<Decimal>)]
    pub fx_rate: Option<Rate>,
    /// The currencies that the rate goes through, both ends among them; left out unless it goes
    /// through a third one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub fx_path: Option<[String; 3]>,
    #[schema(value_type = Option<Decimal>)]
    pub market_value: Option<Money>,
    #[schema(value_type = Option<Decimal>)]
    pub cost_basis: Option<Money>,
    #[schema(value_type = Option<Decimal>)]
    pub unrealized_gain: Option<Money>,
    /// Gain divided by cost: 0.05 is 5 %.
    #[schema(value_type = Option<Decimal>)]
    pub unrealized_gain_ratio: Option<Ratio>,
    /// Market value divided by the value of all positions and cash.
    #[schema(value_type = Option<Decimal>)]
    pub weight: Option<Ratio>,
    pub open_lots: usize,
}

impl From<&Position> for PositionOut {
    fn from(position: &Position) -> Self {
        let security = &position.security;
        Self {
            security: SecurityRefOut {
                id: security.id,
                symbol: security.symbol.clone(),
                name: security.name.clone(),
                kind: security.kind,
            },
            quantity: position.quantity,
            price: position.price,
            price_currency: position.price_currency.clone(),
            fx_rate: position.fx_rate,
            fx_path: position.fx_path.clone(),
            market_value: position.market_value,
            cost_basis: position.cost_basis,
            unrealized_gain: position.unrealized_gain,
            unrealized_gain_ratio: position.unrealized_gain_ratio,
            weight: position.weight,
            open_lots: position.open_lots,
        }
    }
}

/// Which security.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityRefOut {
    /// Null where the figures come from a file alone.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub id: Option<SecurityId>,
    pub symbol: String,
    pub name: String,
    #[schema(value_type = SecurityKind)]
    pub kind: values::SecurityKind,
}

/// Sums over what could be valued; what could not has a warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalsOut {
    #[schema(value_type = Decimal)]
    pub market_value: Money,
    #[schema(value_type = Decimal)]
    pub cash: Money,
    #[schema(value_type = Decimal)]
    pub cost_basis: Money,
    #[schema(value_type = Decimal)]
    pub unrealized_gain: Money,
}

impl From<Totals> for TotalsOut {
    fn from(totals: Totals) -> Self {
        Self {
            market_value: totals.market_value,
            cash: totals.cash,
            cost_basis: totals.cost_basis,
            unrealized_gain: totals.unrealized_gain,
        }
    }
}

/// Cash in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct CashOut {
    pub currency: String,
    #[schema(value_type = Decimal)]
    pub amount: Money,
    /// In base currency; null where there is no rate.
    #[schema(value_type = Option<Decimal>)]
    pub value: Option<Money>,
    /// The currencies that the value's rate goes through, both ends among them; left out unless it
    /// goes through a third one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub fx_path: Option<[String; 3]>,
}

impl From<&CashPosition> for CashOut {
    fn from(cash: &CashPosition) -> Self {
        Self {
            currency: cash.currency.clone(),
            amount: cash.amount,
            value: cash.value,
            fx_path: cash.fx_path.clone(),
        }
    }
}

/// Something that the figures leave out.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningOut {
    /// Stable, for programs.
    pub code: String,
    pub detail: String,
}

impl From<&Warning> for WarningOut {
    fn from(warning: &Warning) -> Self {
        Self {
            code: warning.code.to_owned(),
            detail: warning.detail.clone(),
        }
    }
}

/// Where the figures come from, so that whoever holds them can check them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvenanceOut {
    pub pricing_pack_id: Option<String>,
    #[schema(example = "sha256:…")]
    pub pack_hash: Option<String>,
    /// HEAD of the git repository that holds the ledger; null where that is not known.
    pub ledger_commit_hash: Option<String>,
    pub books_revision: i64,
    pub engine_version: String,
}

impl From<Provenance> for ProvenanceOut {
    fn from(provenance: Provenance) -> Self {
        Self {
            pricing_pack_id: provenance.pricing_pack_id,
            pack_hash: provenance.pack_hash,
            ledger_commit_hash: provenance.ledger_commit_hash,
            books_revision: provenance.books_revision,
            engine_version: provenance.engine_version.to_owned(),
        }
    }
}
