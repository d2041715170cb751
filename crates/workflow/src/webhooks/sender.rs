use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Client, Endpoints, Message};

/// Sends what jobs of mode `deliver` carry. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    endpoints: Arc<Endpoints>,
    client: Client,
}

/// An attempt to send that failed. It names neither the URL nor what the endpoint answered but its status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    pub detail: String,
    /// Whether another attempt would end the same way.
    pub is_final: bool,
    /// How long the endpoint asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl Failure {
    pub(super) fn passing(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            is_final: false,
            retry_after: None,
        }
    }

    pub(super) fn for_good(detail: impl Into<String>) -> Self {
        Self {
            is_final: true,
            ..Self::passing(detail)
        }
    }
}

impl Sender {
    pub fn new(endpoints: Arc<Endpoints>, client: Client) -> Self {
        Self { endpoints, client }
    }

    /// One attempt to send a job's payload; the status of the answer, which is of 200 to 299. `message_id` stays
    /// the same in every attempt, so that the receiver knows a message again; it holds no full stop. `now` is
    /// signed along, since receivers refuse what is old.
    ///
    /// # Errors
    ///
    /// [`Failure`].
    pub async fn send(
        &self,
        payload: &Value,
        message_id: &str,
        now: DateTime<Utc>,
    ) -> Result<u16, Failure> {
        let message: Message = serde_json::from_value(payload.clone())
            .map_err(|_| Failure::for_good("the job's payload is no message to an endpoint"))?;
        let endpoint = self.endpoints.get(&message.endpoint).ok_or_else(|| {
            let name = &message.endpoint;
            Failure::for_good(format!(
                "there is no webhook endpoint {name} in the service's configuration"
            ))
        })?;
        let body = message.body.to_string();
        let timestamp = now.timestamp();
        let signatures: Vec<String> = endpoint
            .secrets
            .iter()
            .map(|secret| secret.sign_message(message_id, timestamp, body.as_bytes()))
            .collect();
        let headers = [
            ("webhook-id", message_id.to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ];
        self.client.post(endpoint, &headers, body, now).await
    }
}

#[cfg(test)]
mod tests;
