use entity::values::{ExecutionId, PackStatus, PortfolioId, SecurityId};

/// One thing wrong with a pattern's inputs: where, as a JSON pointer, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    pub pointer: String,
    pub detail: String,
}

/// Why a pattern did not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no pattern `{id}`; GET /v1/patterns lists them")]
    PatternNotFound { id: String },
    #[error("the inputs of pattern `{pattern_id}` are not valid")]
    InputsInvalid {
        pattern_id: String,
        errors: Vec<InputError>,
    },
    #[error("there is no portfolio {id}")]
    PortfolioNotFound { id: PortfolioId },
    #[error("there is no security {id}")]
    SecurityNotFound { id: SecurityId },
    #[error("there is no execution {id}")]
    ExecutionNotFound { id: ExecutionId },
    #[error("there is no pricing pack {what}; build one first")]
    PackNotFound { what: String },
    #[error("pricing pack {pack_id} is still {status}; try again when it is fresh")]
    PackWarming {
        pack_id: String,
        status: PackStatus,
        prewarm_done: bool,
    },
    #[error("pricing pack {pack_id} failed: {message}")]
    PackFailed { pack_id: String, message: String },
    #[error("the figures have more digits than a number can hold")]
    Overflow,
    #[error("the result could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Performance(#[from] performance::Error),
    #[error(transparent)]
    Books(#[from] books::Error),
    #[error(transparent)]
    Pricing(#[from] pricing::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}

impl From<entity::values::ArithmeticOverflow> for Error {
    fn from(_: entity::values::ArithmeticOverflow) -> Self {
        Self::Overflow
    }
}
