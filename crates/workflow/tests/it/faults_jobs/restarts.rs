//! The same on a server of its own, which is restarted now and then.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use testservers::{Cluster, Durability, find_postgres};

use super::{RESTARTED, is_long};

const STORY: &str = "faults_jobs::no_job_is_lost_or_done_twice::postgres";

/// A crash of the server, and an orderly restart, by turns.
#[test]
fn postgres_is_restarted_beside_kills() {
    if find_postgres().is_none() {
        println!("skipped: PostgreSQL's programs are not here");
        return;
    }
    let pause = Duration::from_secs(if is_long() { 20 } else { 2 });
    let cluster = Cluster::start(Durability::Committed).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at_work = folder.path().join("at-work");
    let mut story = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", STORY, "--nocapture"])
        .env("TEST_DATABASE_URL", cluster.url("postgres"))
        .env(RESTARTED, &at_work)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut restarts = 0;
    loop {
        for _ in 0..pause.as_millis() / 50 {
            sleep(Duration::from_millis(50));
            if let Some(status) = story.try_wait().unwrap() {
                println!(
                    "figure: jobs under kills, PostgreSQL restarted | restarts | {restarts} | goal -"
                );
                assert!(status.success());
                return;
            }
        }
        if !at_work.exists() {
            continue;
        }
        if restarts % 2 == 0 {
            cluster.restart_fast().unwrap();
        } else {
            cluster.kill_9().unwrap();
            cluster.start_again().unwrap();
        }
        restarts += 1;
    }
}
