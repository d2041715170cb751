use chrono::{DateTime, SecondsFormat, Utc};
use entity::values::JobId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What endpoints can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// Somebody is asked to approve an action.
    ApprovalProposed,
    /// It was approved, rejected, superseded or canceled, or expired.
    ApprovalResolved,
}

impl EventType {
    pub const ALL: [Self; 2] = [Self::ApprovalProposed, Self::ApprovalResolved];
    pub const WORDS: [&str; 2] = [Self::ALL[0].name(), Self::ALL[1].name()];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ApprovalProposed => "approval.proposed",
            Self::ApprovalResolved => "approval.resolved",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

/// What a receiver knows a message by, however often it comes.
pub fn message_id(delivery: JobId) -> String {
    format!("msg_{delivery}")
}

/// A message to one endpoint, as a job of mode `deliver` carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The endpoint's name.
    pub endpoint: String,
    /// What is sent: `type`, `timestamp` and `data`, the form that Standard Webhooks recommends.
    pub body: Value,
}

impl Message {
    /// That `event` happened at an instant.
    pub fn new(endpoint: &str, event: EventType, at: DateTime<Utc>, data: &Value) -> Self {
        let timestamp = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let body = json!({ "type": event.name(), "timestamp": timestamp, "data": data });
        Self {
            endpoint: endpoint.to_owned(),
            body,
        }
    }
}
