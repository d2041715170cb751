//! The server ends connections, restarts, or is away for a while.

use std::time::{Duration, Instant};

use testservers::StopMode;

use super::{
    crowd::{Crowd, Diary, Habit},
    deeds,
    plan::Plan,
    site::Site,
};

const HABIT: Habit = Habit {
    pace: Duration::from_millis(10),
    resends: true,
};
const GOAL: Duration = Duration::from_secs(1);
/// The machine may be busy with other tests.
const BOUND: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_backends_cost_no_request() {
    let plan = Plan::of("backends terminated");
    let Some(site) = Site::start().await else {
        return;
    };
    deeds::prepare(&site).await;
    let crowd = start_crowd(&site, &plan).await;
    let mut witness = site.witness().await;
    let mut terminated = 0;
    for _ in 0..plan.choose(4, 30) {
        tokio::time::sleep(Duration::from_millis(400)).await;
        terminated += witness.terminate_all_others().await;
    }
    let last = Instant::now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let diary = crowd.stop().await;

    plan.note("connections ended", terminated);
    plan.figure("requests that failed", diary.failures().count(), "<= 0");
    tell_recovery(&plan, &diary, last);
    diary.compare(&site, &plan).await;
    let errors: Vec<_> = diary.failures().map(|request| &request.error).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fast_restart_loses_and_doubles_nothing() {
    let plan = Plan::of("fast restart");
    outage(&plan, StopMode::Fast, Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_immediate_stop_loses_and_doubles_nothing() {
    let plan = Plan::of("immediate stop, 2 s down");
    outage(&plan, StopMode::Immediate, Duration::from_secs(2)).await;
}

async fn start_crowd(site: &Site, plan: &Plan) -> Crowd {
    let database = site.database().await;
    Crowd::start(&database, plan.choose(8, 64), HABIT, plan.seed)
}

async fn outage(plan: &Plan, how: StopMode, down: Duration) {
    let Some(site) = Site::start().await else {
        return;
    };
    deeds::prepare(&site).await;
    let crowd = start_crowd(&site, plan).await;
    tokio::time::sleep(plan.choose(Duration::from_millis(500), Duration::from_secs(20))).await;

    let began = Instant::now();
    let up = site
        .on_server(move |cluster| {
            cluster.stop(how)?;
            std::thread::sleep(down);
            cluster.start_again()?;
            Ok(Instant::now())
        })
        .await;
    tokio::time::sleep(plan.choose(Duration::from_secs(1), Duration::from_secs(20))).await;
    let diary = crowd.stop().await;

    plan.note(
        "time without a server",
        format!("{:.3} s", (up - began).as_secs_f64()),
    );
    plan.note(
        "slowest request",
        format!("{:.3} s", diary.slowest().as_secs_f64()),
    );
    tell_recovery(plan, &diary, up);
    diary.compare(&site, plan).await;
    let early = diary.failures().filter(|request| request.ended < began);
    assert_eq!(early.count(), 0);
}

fn tell_recovery(plan: &Plan, diary: &Diary, healed: Instant) {
    let recovery = diary.recovery(healed);
    plan.time("service as before after", recovery, GOAL);
    assert!(recovery < BOUND, "{recovery:?}");
}
