//! The network swallows everything, without a word to either side.

use std::time::{Duration, Instant};

use db::{Database, Error, Settings};
use testservers::BlackHole;

use super::{
    crowd::{self, Crowd, Diary, Habit},
    deeds,
    plan::Plan,
    site::Site,
};

const HABIT: Habit = Habit {
    pace: Duration::from_millis(20),
    resends: false,
};
/// The watcher's pause and its patience.
const NOTICED_AFTER: Duration = Duration::from_millis(3_250);
const RECOVERY: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_held_back_leave_no_request_waiting() {
    let plan = Plan::of("black hole that holds bytes back");
    let length = plan.choose(Duration::from_secs(4), Duration::from_secs(30));
    swallow(&plan, BlackHole::Hold, length).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_bytes_leave_no_request_waiting() {
    let plan = Plan::of("black hole that loses bytes");
    let length = plan.choose(Duration::from_secs(4), Duration::from_secs(30));
    swallow(&plan, BlackHole::Discard, length).await;
}

/// It is over before anyone could call the server lost, but its connections are dead for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_died_silently_leave_no_request_waiting() {
    let plan = Plan::of("connections die silently");
    swallow(&plan, BlackHole::Discard, Duration::from_millis(1_500)).await;
}

async fn swallow(plan: &Plan, mode: BlackHole, length: Duration) {
    let Some(site) = Site::start().await else {
        return;
    };
    deeds::prepare(&site).await;
    let clients = plan.choose(8, 32);
    let idle = 4;
    let settings = Settings {
        pool_min_size: clients + idle,
        pool_max_size: clients + idle,
        ..site.settings()
    };
    let patience = settings.acquire_timeout;
    let database = Database::connect(&settings).await.unwrap();
    let crowd = Crowd::start(&database, clients as usize, HABIT, plan.seed);
    while database.pool_status().free < idle as usize {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    site.proxy.black_hole(Some(mode));
    tokio::time::sleep(length).await;
    site.proxy.black_hole(None);
    let healed = Instant::now();
    tokio::time::sleep(plan.choose(Duration::from_millis(2_500), Duration::from_secs(10))).await;
    let diary = crowd.stop().await;

    judge(plan, &diary, patience, healed);
    diary.compare(&site, plan).await;
}

fn judge(plan: &Plan, diary: &Diary, patience: Duration, healed: Instant) {
    let deadline = patience + NOTICED_AFTER;
    let slowest = diary.slowest();
    plan.time("slowest request", slowest, deadline);
    assert!(slowest < deadline * 3, "{slowest:?}");
    let recovery = diary.recovery(healed);
    plan.time("service as before after", recovery, RECOVERY);
    assert!(recovery < RECOVERY * 5, "{recovery:?}");
}

/// The server hears nothing of a network that lost its connections, and keeps their locks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_of_connections_that_died_silently_are_released() {
    const GOAL: Duration = Duration::from_secs(6);
    let plan = Plan::of("locks of connections that died silently");
    let Some(site) = Site::start().await else {
        return;
    };
    deeds::prepare(&site).await;
    let database = site.database().await;
    let holder = database.write_without_retry(async |tx| -> Result<(), Error> {
        deeds::do_once(&tx, "wanted").await?;
        site.proxy.black_hole(Some(BlackHole::Discard));
        deeds::do_once(&tx, "swallowed").await
    });
    let heal = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        site.proxy.black_hole(None);
        Instant::now()
    };
    let (held, healed) = tokio::join!(holder, heal);
    assert!(held.is_err());
    let wanted = crowd::write_once(database, "wanted".to_owned());
    wanted.await.unwrap();
    let took = healed.elapsed();
    plan.time("another may write after", took, GOAL);
    assert!(took < GOAL * 4, "{took:?}");
}
