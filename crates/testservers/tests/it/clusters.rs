//! Clusters that crash, follow and are promoted.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use testservers::{BlackHole, Cluster, Durability, Proxy, StopMode, find_postgres};

/// `None`, with a line that says so, where PostgreSQL would have to be installed first.
fn cluster() -> Option<Cluster> {
    if find_postgres().is_none() {
        println!("skipped: there is no PostgreSQL on this machine");
        return None;
    }
    let cluster = Cluster::start_with(Durability::Committed, "max_wal_senders = 7");
    Some(cluster.expect("a cluster starts"))
}

#[test]
fn what_was_committed_outlives_a_kill() -> Result<()> {
    let Some(cluster) = cluster() else {
        return Ok(());
    };
    let port = cluster.port();
    cluster.create_database("books")?;
    cluster.psql("books", "CREATE TABLE lots AS SELECT 42 AS quantity")?;
    for _ in 0..3 {
        cluster.kill_9()?;
        assert!(!cluster.is_running());
        assert!(cluster.psql("books", "SELECT 1").is_err());
        cluster.start_again()?;
        assert!(cluster.is_running());
        assert_eq!(cluster.psql("books", "SELECT quantity FROM lots")?, "42");
    }
    assert_eq!(cluster.port(), port);
    Ok(())
}

#[test]
fn a_kill_takes_the_sessions_with_it() -> Result<()> {
    let Some(cluster) = cluster() else {
        return Ok(());
    };
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    thread::scope(|scope| {
        let session = scope.spawn(|| cluster.psql("postgres", "SELECT pg_sleep(300)"));
        while cluster.psql("postgres", asleep)? == "0" {
            thread::sleep(Duration::from_millis(20));
        }
        cluster.kill_9()?;
        assert!(session.join().unwrap().is_err());
        cluster.start_again()?;
        assert_eq!(cluster.psql("postgres", asleep)?, "0");
        Ok(())
    })
}

#[test]
fn a_server_does_not_outlive_a_killed_process() -> Result<()> {
    if cluster().is_none() {
        return Ok(());
    }
    let mut child = Command::new(env::current_exe()?)
        .args(["--exact", "clusters::holds_a_cluster_for_another_test"])
        .args(["--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("port=")?.1.parse::<u16>().ok())
        .unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    child.kill()?;
    child.wait()?;
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "it is still there"
        );
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[test]
#[ignore = "runs until it is killed"]
fn holds_a_cluster_for_another_test() {
    let cluster = cluster().unwrap();
    println!("\nport={}", cluster.port());
    thread::sleep(Duration::from_mins(1));
}

#[test]
fn a_cluster_stops_starts_and_keeps_its_settings() -> Result<()> {
    let Some(cluster) = cluster() else {
        return Ok(());
    };
    let show = |name: &str| cluster.psql("postgres", &format!("SHOW {name}"));
    assert_eq!(show("max_wal_senders")?, "7");
    cluster.set("work_mem", "5MB")?;
    assert_eq!(show("work_mem")?, "5MB");
    cluster.set("log_line_prefix", "it's ")?;
    assert_eq!(show("log_line_prefix")?, "it's");
    for mode in [StopMode::Smart, StopMode::Fast, StopMode::Immediate] {
        cluster.stop(mode)?;
        assert!(!cluster.is_running());
        assert!(cluster.kill_9().is_err());
        cluster.start_again()?;
    }
    assert!(cluster.start_again().is_err());
    cluster.restart_fast()?;
    assert_eq!(show("work_mem")?, "5MB");
    let error = cluster.psql("postgres", "SELECT nonsense").unwrap_err();
    assert!(format!("{error:#}").contains("nonsense"), "{error:#}");
    Ok(())
}

#[test]
fn a_standby_follows_and_is_promoted() -> Result<()> {
    let Some(primary) = cluster() else {
        return Ok(());
    };
    primary.create_database("books")?;
    primary.psql("books", "CREATE TABLE lots (quantity int)")?;
    let standby = primary.standby("second")?;
    let name = "SELECT application_name FROM pg_stat_replication";
    assert_eq!(primary.psql("postgres", name)?, "second");
    assert_ne!(primary.port(), standby.port());
    assert!(standby.is_standby()? && !primary.is_standby()?);

    // With this list a commit waits until the standby has applied it.
    primary.set("synchronous_standby_names", "FIRST 1 (second)")?;
    let add = |quantity: i32| {
        format!("SET synchronous_commit = remote_apply; INSERT INTO lots VALUES ({quantity})")
    };
    primary.psql("books", &add(1))?;
    let count = "SELECT count(*) FROM lots";
    assert_eq!(standby.psql("books", count)?, "1");
    assert!(standby.psql("books", &add(2)).is_err());
    // A standby crashes too, and follows again.
    standby.kill_9()?;
    standby.start_again()?;
    primary.psql("books", &add(2))?;
    assert_eq!(standby.psql("books", count)?, "2");

    primary.kill_9()?;
    standby.promote()?;
    assert!(!standby.is_standby()?);
    standby.psql("books", &add(3))?;
    assert_eq!(standby.psql("books", count)?, "3");
    Ok(())
}

#[test]
fn a_standby_that_is_held_back_shows_nothing_new() -> Result<()> {
    let Some(primary) = cluster() else {
        return Ok(());
    };
    primary.psql("postgres", "CREATE TABLE lots (quantity int)")?;
    let standby = primary.standby("late")?;
    standby.catch_up_with(&primary)?;
    standby.pause_replay()?;
    primary.psql("postgres", "INSERT INTO lots VALUES (1)")?;
    thread::sleep(Duration::from_millis(500));
    let count = "SELECT count(*) FROM lots";
    assert_eq!(standby.psql("postgres", count)?, "0");
    standby.resume_replay()?;
    standby.catch_up_with(&primary)?;
    assert_eq!(standby.psql("postgres", count)?, "1");
    Ok(())
}

#[test]
fn a_standby_follows_through_a_proxy() -> Result<()> {
    let Some(primary) = cluster() else {
        return Ok(());
    };
    primary.psql("postgres", "CREATE TABLE lots (quantity int)")?;
    let proxy = Proxy::start(([127, 0, 0, 1], primary.port()).into())?;
    let standby = primary.standby("far")?;
    let way = format!("host=127.0.0.1 port={} user=tallystick", proxy.port());
    standby.set("primary_conninfo", &way)?;
    let streams = "SELECT count(*) FROM pg_stat_wal_receiver \
                   WHERE status = 'streaming' AND sender_port = ";
    let streams = format!("{streams}{}", proxy.port());
    while standby.psql("postgres", &streams)? == "0" {
        thread::sleep(Duration::from_millis(20));
    }

    proxy.black_hole(Some(BlackHole::Hold));
    primary.psql("postgres", "INSERT INTO lots VALUES (1)")?;
    thread::sleep(Duration::from_millis(500));
    let count = "SELECT count(*) FROM lots";
    assert_eq!(standby.psql("postgres", count)?, "0");
    proxy.black_hole(None);
    standby.catch_up_with(&primary)?;
    assert_eq!(standby.psql("postgres", count)?, "1");
    Ok(())
}
