use std::borrow::Cow;

use entity::values::AuditOutcome;
use serde_json::{Map, Value};

/// What happened to what. Who did it, when and from where is the context's.
///
/// ```
/// use identity::audit::Entry;
///
/// let made = Entry::done("portfolio.create", "portfolio").of("0190…").with("name", "Broker");
/// assert_eq!(made.details["name"], "Broker");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Resource and verb, such as `portfolio.create`.
    pub action: Cow<'static, str>,
    /// Such as `portfolio`.
    pub resource_type: Cow<'static, str>,
    /// `None` where there is none, or none yet.
    pub resource_id: Option<String>,
    /// Never a secret. A number that is no whole one of at most 2^53 - 1 is kept as text, and what
    /// comes to more than 16 KiB as its size and hash.
    pub details: Map<String, Value>,
    pub outcome: AuditOutcome,
}

impl Entry {
    /// A change that is made in the transaction of this entry.
    pub fn done(
        action: impl Into<Cow<'static, str>>,
        resource_type: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(action.into(), resource_type.into(), AuditOutcome::Done)
    }

    /// An attempt that came to nothing; its entry has a transaction of its own.
    pub fn refused(
        action: impl Into<Cow<'static, str>>,
        resource_type: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(action.into(), resource_type.into(), AuditOutcome::Refused)
    }

    fn new(
        action: Cow<'static, str>,
        resource_type: Cow<'static, str>,
        outcome: AuditOutcome,
    ) -> Self {
        Self {
            action,
            resource_type,
            resource_id: None,
            details: Map::new(),
            outcome,
        }
    }

    /// Names the resource.
    #[must_use]
    pub fn of(mut self, resource_id: impl std::fmt::Display) -> Self {
        self.resource_id = Some(format!("{resource_id}"));
        self
    }

    /// Adds a detail; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }
}
