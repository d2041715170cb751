use chrono::{DateTime, Utc};
use entity::{
    values::{self, Money, ReservationStatus, TokenReservationId, TokenUsageId},
    workflow::token_reservation,
};
use serde::Serialize;
use utoipa::ToSchema;
use workflow::tokens::reservations::{Reserved, Settled};

use crate::{
    problem::Problem,
    routes::{token_budgets::TokenBudgetStandingOut, tokens::UsageOut},
    schema::{Decimal, TokenScope},
};

/// What is set aside for a call of a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReservationOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: TokenReservationId,
    #[schema(value_type = TokenScope)]
    pub scope: values::TokenScope,
    pub estimated_tokens: i64,
    #[schema(value_type = Option<Decimal>)]
    pub estimated_cost: Option<Money>,
    pub cost_currency: Option<String>,
    #[schema(inline)]
    pub status: ReservationState,
    /// What was used in the end.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub usage_id: Option<TokenUsageId>,
    pub expires_at: DateTime<Utc>,
    /// When it was settled or released.
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// Only one that is open holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    Open,
    /// It was neither settled nor released in time; it can be both all the same.
    Expired,
    Settled,
    Released,
}

impl ReservationOut {
    pub fn new(reservation: token_reservation::Model, now: DateTime<Utc>) -> Self {
        let status = match reservation.status {
            ReservationStatus::Open if reservation.expires_at <= now => ReservationState::Expired,
            ReservationStatus::Open => ReservationState::Open,
            ReservationStatus::Settled => ReservationState::Settled,
            ReservationStatus::Released => ReservationState::Released,
        };
        Self {
            id: reservation.id,
            scope: reservation.scope,
            estimated_tokens: reservation.estimated_tokens,
            estimated_cost: reservation.estimated_cost,
            cost_currency: reservation.cost_currency,
            status,
            usage_id: reservation.usage_id,
            expires_at: reservation.expires_at,
            closed_at: reservation.closed_at,
            created_at: reservation.created_at,
        }
    }
}

/// A new reservation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReservedOut {
    pub reservation: ReservationOut,
    /// The budgets whose soft limit is passed with it, as they stand now.
    pub warnings: Vec<TokenBudgetStandingOut>,
}

impl ReservedOut {
    pub fn new(reserved: Reserved, now: DateTime<Utc>) -> Result<Self, Problem> {
        let warnings = reserved.warnings.into_iter();
        let warnings = warnings.map(|one| TokenBudgetStandingOut::new(one.budget, &one.standing));
        Ok(Self {
            reservation: ReservationOut::new(reserved.reservation, now),
            warnings: warnings.collect::<Result<_, _>>()?,
        })
    }
}

/// A reservation with what was used in the end.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettledOut {
    pub reservation: ReservationOut,
    pub usage: UsageOut,
}

impl SettledOut {
    pub fn new(settled: Settled, now: DateTime<Utc>) -> Self {
        Self {
            reservation: ReservationOut::new(settled.reservation, now),
            usage: settled.usage.usage.into(),
        }
    }
}
