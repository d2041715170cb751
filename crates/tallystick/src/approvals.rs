//! Approvals that nobody decided in time, and who is told of approvals.

use std::{sync::Arc, time::Duration};

use db::Database;
use identity::{Actor, Ctx};
use workflow::{
    approvals::{self, Due},
    webhooks::{self, Endpoints},
};

use crate::session;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Jobs whose approvals are looked at in one round.
const AT_ONCE: u64 = 200;

/// Expires approvals as they fall due, until it is dropped. Any number of processes may do so beside each other.
pub async fn expire(database: Database) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(error) = expire_due(&database).await {
            tracing::warn!("approvals that are due could not be expired, and will be: {error}");
        }
    }
}

/// Expires what is due now; how many approvals that were.
pub async fn expire_due(database: &Database) -> Result<usize, workflow::Error> {
    let now = session::clock().now();
    let mut expired = 0;
    for Due { owner, job } in approvals::due(&database.shared_reader(), now, AT_ONCE).await? {
        let request_id = "expiry".into();
        let ctx = Ctx::new(
            Actor::system(),
            owner,
            request_id,
            session::clock(),
            database,
        );
        let bound = ctx.database.clone();
        let work = move |tx: db::Tx| {
            let ctx = ctx.clone();
            async move { approvals::expire_of(&ctx, &tx, job).await }
        };
        expired += bound.write(work).await?;
    }
    Ok(expired)
}

/// Writes down which endpoints are to be told of what, as far as transactions must know; without a file of
/// endpoints, what another process has written down stays.
pub async fn register_endpoints(database: &Database, endpoints: Option<Arc<Endpoints>>) {
    let Some(endpoints) = endpoints else { return };
    let now = session::clock().now();
    let work = move |tx: db::Tx| {
        let endpoints = Arc::clone(&endpoints);
        async move { webhooks::register(&tx, &endpoints, now).await }
    };
    match database.write(work).await {
        Ok(without_user) => {
            for name in without_user {
                tracing::warn!(
                    "the webhook endpoint {name} is told nothing: its user is not there or not active; \
                     add them, and restart the service"
                );
            }
        }
        Err(error) => tracing::error!(
            "the webhook endpoints could not be registered, so that changes to their file do not count \
             yet; restart the service: {error}"
        ),
    }
}
