use entity::values::{ArithmeticOverflow, ReconciliationId};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the value of {what} has more digits than a number can hold")]
    Overflow { what: String },
    #[error(
        "there is no reconciliation {id} of this portfolio; check its id in the list of reconciliations"
    )]
    ReconciliationNotFound { id: ReconciliationId },
    #[error("what is to be kept of a reconciliation cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Books(#[from] books::Error),
    #[error(transparent)]
    Pricing(#[from] pricing::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Error {
    pub(crate) fn overflow(what: impl Into<String>) -> impl FnOnce(ArithmeticOverflow) -> Self {
        move |_| Self::Overflow { what: what.into() }
    }
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}
