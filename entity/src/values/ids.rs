//! Ids, typed by the table they name, so that one cannot be passed for another.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize,
            Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, ordered by the time of its making (UUIDv7).
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

typed_id! {
    /// A person or program that owns books; the scope of every tenant table.
    UserId,
    PortfolioId,
    SecurityId,
    TransactionId,
    LotId,
    LotClosureId,
    CashFlowId,
    ImportId,
    ExecutionId,
    ReconciliationId,
    ApiTokenId,
    RefreshTokenId,
    /// One login and the refresh tokens that follow from it.
    SessionId,
    ThreadId,
    MessageId,
    ArtifactId,
    JobId,
    JobScheduleId,
    ApprovalId,
    TokenUsageId,
    TokenBudgetId,
    TokenReservationId,
    DeploymentId,
}

impl UserId {
    /// Whose nothing is: the scope of whoever acts on no user's books.
    pub const NOBODY: Self = Self(Uuid::nil());
}
