use std::fmt;

use crate::catalogue::Key;

/// In which way a database is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    Missing,
    Unexpected,
    Different,
}

impl What {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Different => "different",
        }
    }
}

/// What makes the database what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Statements on one line, with `; ` between them.
    Sql(String),
    /// What a person has to do where no statement can.
    Advice(String),
}

impl Fix {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sql(text) | Self::Advice(text) => text,
        }
    }
}

/// One difference; as text it is one line that says what, where, how it should be, how it is, and
/// how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub(super) what: What,
    pub(super) object: Key,
    pub(super) detail: String,
    pub(super) fix: Fix,
}

impl Difference {
    pub const fn what(&self) -> What {
        self.what
    }

    /// Which object differs.
    pub const fn object(&self) -> &Key {
        &self.object
    }

    /// What was expected and what was found; may be empty.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub const fn fix(&self) -> &Fix {
        &self.fix
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{} {}", self.what.as_str(), self.object);
        if !self.detail.is_empty() {
            line.push_str(": ");
            line.push_str(&self.detail);
        }
        line.push_str("; fix: ");
        line.push_str(self.fix.as_str());
        f.write_str(&line.replace('\n', " "))
    }
}
