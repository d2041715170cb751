//! The primary is killed under load, and its synchronous standby takes its place.

use std::time::{Duration, Instant};

use db::{Connectivity, Database, Error, Reads, Settings};
use testservers::{Cluster, Proxy};

use crate::ha::{
    load::{Account, Load, Running, create_tables, write_key},
    support::{
        FIRST_STANDBY, blocking, figure, is_long, is_without_postgres, milliseconds, pair, random,
        server, until, wait_for_standby,
    },
};

const GENEROUS: Duration = Duration::from_secs(10);

/// Two places where a primary may be, whoever is there.
struct Places([Proxy; 2]);

impl Places {
    fn of(first: &Cluster, second: &Cluster) -> Self {
        let place = |cluster: &Cluster| Proxy::start(([127, 0, 0, 1], cluster.port()).into());
        Self([place(first).unwrap(), place(second).unwrap()])
    }

    fn url(&self) -> String {
        let [first, second] = &self.0;
        let (first, second) = (first.port(), second.port());
        format!("postgres://tallystick@127.0.0.1:{first},127.0.0.1:{second}/postgres")
    }

    fn replica_url(&self) -> String {
        format!(
            "postgres://tallystick@127.0.0.1:{}/postgres",
            self.0[1].port()
        )
    }

    fn move_in(&self, place: usize, cluster: &Cluster) {
        self.0[place].set_upstream(([127, 0, 0, 1], cluster.port()).into());
    }
}

/// Kills the primary at a random moment of the load and promotes the standby after a while.
async fn fail_over(
    scenario: &str,
    random: &mut fastrand::Rng,
    running: &Running,
    old: &Cluster,
    new: &Cluster,
) {
    let before = if is_long() { 3_000 } else { 300 };
    running.write_more(before + random.usize(..before)).await;
    blocking(|| old.kill_9());
    tokio::time::sleep(Duration::from_millis(random.u64(..1_500))).await;
    let killed = running.acknowledged();
    blocking(|| new.promote());
    let promoted = Instant::now();
    let back = running.first_acknowledged_after(promoted).await - promoted;
    figure(scenario, "acknowledged when it was killed", killed, "-");
    figure(
        scenario,
        "writes again after the promotion",
        milliseconds(back),
        "1000 ms",
    );
    assert!(back < GENEROUS, "{back:?}");
}

fn report(scenario: &str, load: &Load, account: &Account) {
    figure(
        scenario,
        "acknowledged writes",
        account.acknowledged,
        "10000 in a long run of a failover",
    );
    figure(scenario, "acknowledged writes lost", account.lost, "0");
    figure(scenario, "writes doubled", account.doubled, "0");
    figure(scenario, "reads", load.reads(), "-");
    figure(scenario, "reads failed", load.failed_reads().len(), "0");
    figure(
        scenario,
        "longest read",
        milliseconds(load.longest_read()),
        "-",
    );
    figure(
        scenario,
        "writes refused meanwhile",
        load.refusals().len(),
        "-",
    );
    assert_eq!((account.lost, account.doubled), (0, 0));
    assert_eq!(load.failed_reads().first(), None);
    for refusal in load.refusals() {
        let is_expected = matches!(
            refusal,
            Error::ReadOnly(_) | Error::Unavailable(_) | Error::OutcomeUnknown(_)
        );
        assert!(is_expected, "{refusal:?}");
    }
}

/// There, and back again: the old primary returns as the new one's standby, and takes its place.
async fn there_and_back(scenario: &str, with_replica: bool) {
    if is_without_postgres() {
        return;
    }
    let mut random = random(scenario);
    let (first, second) = pair("");
    wait_for_standby(&first, FIRST_STANDBY);
    let places = Places::of(&first, &second);
    let mut settings = Settings::new(places.url());
    if with_replica {
        settings.replica_urls = vec![places.replica_url()];
    }
    let database = Database::connect(&settings).await.unwrap();
    create_tables(&database).await;
    blocking(|| second.catch_up_with(&first));
    let running = Running::start(&database);

    fail_over(scenario, &mut random, &running, &first, &second).await;

    let third = blocking(|| second.standby("standby_two"));
    wait_for_standby(&second, "standby_two");
    places.move_in(0, &third);
    fail_over(scenario, &mut random, &running, &second, &third).await;

    let rest = if is_long() { 10_000 } else { 200 };
    running.write_more(rest).await;
    let load = running.stop();
    let account = load.account(&database).await;
    report(scenario, &load, &account);
    assert!(!is_long() || account.acknowledged >= 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_standby_takes_over_without_a_loss() {
    there_and_back("failover", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_standby_that_is_a_replica_too_takes_over_without_a_loss() {
    there_and_back("failover of a replica", true).await;
}

/// Under open connections, and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_primary_that_becomes_read_only_refuses_writes_until_it_is_writable_again() {
    if is_without_postgres() {
        return;
    }
    let scenario = "read-only primary";
    let primary = server();
    let database = Database::connect(&Settings::new(primary.url("postgres")))
        .await
        .unwrap();
    create_tables(&database).await;
    let running = Running::start(&database);
    running.write_more(100).await;

    let before = Instant::now();
    blocking(|| primary.set("default_transaction_read_only", "on"));
    let seen = until("it is seen to be read-only", async || {
        database.connectivity().await == Connectivity::ReadOnly
    });
    seen.await;
    figure(
        scenario,
        "seen to be read-only",
        milliseconds(before.elapsed()),
        "1000 ms",
    );
    let refused = write_key(&database, -1).await;
    assert!(matches!(refused, Err(Error::ReadOnly(_))), "{refused:?}");

    blocking(|| primary.set("default_transaction_read_only", "off"));
    let changed = Instant::now();
    let again = running.first_acknowledged_after(changed).await - changed;
    figure(scenario, "writes again", milliseconds(again), "1000 ms");
    assert!(again < GENEROUS, "{again:?}");
    let load = running.stop();
    let account = load
        .account(&database.for_caller(Reads::Primary, None))
        .await;
    report(scenario, &load, &account);
}
