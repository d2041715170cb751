//! The head of the audit log, written where the database's owner has no hand: by the command or the
//! service.

use std::{io, path::PathBuf};

use db::{Database, Priority};
use identity::{
    KeySet, SharedKeys,
    audit::{self, Head, SignedHead, Signer},
};

use crate::{error::Error, session, settings::Audit};

/// Writes the head as it is now; does nothing about a log without rows.
pub async fn write(database: &Database, keys: &KeySet, file: PathBuf) -> Result<SignedHead, Error> {
    let head = audit::current_head(database.reader()).await?;
    let head = head.ok_or(Error::NoAuditHead)?;
    keep_head(head, keys, file).await
}

async fn keep_head(head: Head, keys: &KeySet, file: PathBuf) -> Result<SignedHead, Error> {
    let sign = |bytes: &[u8]| keys.sign(bytes).map(|signed| signed.1).unwrap_or_default();
    let signer = keys.active().next().map(|newest| Signer {
        kid: &newest.kid,
        sign: &sign,
    });
    let head = SignedHead::new(head, session::clock().now(), signer.as_ref());
    if head.head.seq == 0 {
        return Ok(head);
    }
    let written = tokio::task::spawn_blocking(move || audit::keep(&file, &head).map(|_| head));
    match written.await {
        Ok(outcome) => Ok(outcome?),
        Err(stopped) => Err(Error::Runtime(io::Error::from(stopped))),
    }
}

/// Writes the head from time to time if the log has grown, for as long as the service runs.
pub async fn keep(database: Database, keys: SharedKeys, settings: Audit) {
    let database = database.with_priority(Priority::Background);
    let mut times = tokio::time::interval(settings.head_interval);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last = Head::of_nothing();
    loop {
        times.tick().await;
        match keep_if_new(&database, &keys, &settings, &last).await {
            Ok(head) => last = head,
            Err(error) => tracing::warn!("the head of the audit log was not written: {error}"),
        }
    }
}

async fn keep_if_new(
    database: &Database,
    keys: &SharedKeys,
    settings: &Audit,
    last: &Head,
) -> Result<Head, Error> {
    let head = audit::current_head(database.reader()).await?;
    let head = head.ok_or(Error::NoAuditHead)?;
    if head != *last {
        keep_head(head.clone(), &keys.current(), settings.head_file.clone()).await?;
    }
    Ok(head)
}
