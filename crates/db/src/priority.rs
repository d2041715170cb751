//! For whom a connection works.

/// Each has connections of its own, so that a flood in one does not slow another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Migrations and their locks.
    Schema = 1,
    /// Requests.
    Application = 2,
    /// Jobs and recomputation.
    Background = 3,
}

impl Priority {
    pub const ALL: [Self; 3] = [Self::Schema, Self::Application, Self::Background];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Application => "application",
            Self::Background => "background",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize - 1
    }
}
