//! The connection is lost while the server commits.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use db::{Database, Error, Tx};
use testservers::BlackHole;

use super::{
    deeds::{self, Found},
    plan::Plan,
    site::Site,
};

const ONE_WAY: Duration = Duration::from_millis(400);

/// How the connection is lost.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// When COMMIT has reached the server, and the answer has not come back.
    BehindCommit,
    /// When COMMIT is on its way.
    BeforeCommit,
    /// The answer never comes.
    Silence,
}

const LOSSES: [Loss; 3] = [Loss::BehindCommit, Loss::BeforeCommit, Loss::Silence];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outcome_is_unknown_unless_the_work_can_tell() {
    let plan = Plan::of("connection lost in a commit");
    let Some(site) = Site::start().await else {
        return;
    };
    deeds::prepare(&site).await;
    let database = site.database().await;
    let mut acknowledged = Vec::new();
    let (mut unknown, mut tries, mut once) = (0, 0, 0);
    for round in 0..plan.choose(1, 10) {
        for loss in LOSSES {
            let key = format!("{round}-{loss:?}");
            let outcome = lose_commit(&site, &database, &key, loss, false).await;
            let is_unknown = matches!(outcome, Err(Error::OutcomeUnknown(_)));
            assert!(is_unknown, "{loss:?}: {outcome:?}");
            unknown += 1;
            let key = format!("{key}-once");
            tries += 1;
            lose_commit(&site, &database, &key, loss, true)
                .await
                .unwrap();
            once += 1;
            acknowledged.push(key);
        }
    }
    let found = Found::compare(&mut site.witness().await, &acknowledged).await;
    plan.note("of unknown outcome under write", unknown);
    plan.figure("acknowledged under write_once", once, format!(">= {tries}"));
    plan.note("really committed", found.done);
    plan.figure(
        "acknowledged writes that are lost",
        found.lost.len(),
        "<= 0",
    );
    plan.figure("writes that were doubled", found.doubled.len(), "<= 0");
    assert!(
        found.lost.is_empty() && found.doubled.is_empty(),
        "{found:?}"
    );
}

/// The first attempt loses its connection in its commit; whatever comes after does not.
async fn lose_commit(
    site: &Site,
    database: &Database,
    key: &str,
    loss: Loss,
    can_tell: bool,
) -> Result<(), Error> {
    let attempts = AtomicU32::new(0);
    let (ready, wait) = tokio::sync::oneshot::channel();
    let ready = std::sync::Mutex::new(Some(ready));
    let work = async |tx: Tx| -> Result<(), Error> {
        deeds::do_once(&tx, key).await?;
        if attempts.fetch_add(1, Ordering::Relaxed) == 0 {
            site.proxy.set_delay(ONE_WAY);
            let _ = ready.lock().unwrap().take().unwrap().send(());
        }
        Ok(())
    };
    let written = async {
        if can_tell {
            database.write_once(work).await
        } else {
            database.write(work).await
        }
    };
    let fault = async {
        wait.await.unwrap();
        strike(site, loss).await;
    };
    tokio::join!(written, fault).0
}

async fn strike(site: &Site, loss: Loss) {
    match loss {
        Loss::BehindCommit => tokio::time::sleep(ONE_WAY * 3 / 2).await,
        Loss::BeforeCommit => tokio::time::sleep(ONE_WAY / 2).await,
        Loss::Silence => {
            tokio::time::sleep(ONE_WAY * 3 / 2).await;
            site.proxy.set_delay(Duration::ZERO);
            site.proxy.black_hole(Some(BlackHole::Discard));
            // So long that the watcher sees it, and not so long that nobody waits any more.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return site.proxy.black_hole(None);
        }
    }
    site.proxy.set_delay(Duration::ZERO);
    site.proxy.reset_all();
}
