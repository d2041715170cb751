use entity::values::ArithmeticOverflow;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the value of {what} has more digits than a number can hold")]
    Overflow { what: String },
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
