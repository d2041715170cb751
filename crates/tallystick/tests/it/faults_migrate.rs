//! Migrations that are killed, and programs that start at once.

use std::{
    process::{Child, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use serde_json::Value;
use testkit::on_both_engines;

use crate::support::Home;

const KILLS: u32 = 100;
const UP: [&str; 3] = ["migrate", "up", "--contract"];

const SCENARIO: &str = "migrations are killed";
const DEFAULT_SEED: u64 = 20_250_101;

fn seed() -> u64 {
    let given = std::env::var("FAULTS_SEED").ok();
    let seed = given.map_or(DEFAULT_SEED, |seed| seed.parse().unwrap());
    println!("seed: {SCENARIO} | {seed}");
    seed
}

fn start(home: &Home, arguments: &[&str]) -> Child {
    home.command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn reset(home: &Home) {
    home.run(&["migrate", "reset", "--i-know-this-destroys-data"])
        .succeeded();
}

on_both_engines! {
    async fn whatever_the_moment_of_a_kill_the_next_up_finishes(db) {
        let home = Home::on(&db.owner_url);
        let shape = |home: &Home| home.json(&["migrate", "status", "--json"])["migrations"]
            .as_array()
            .unwrap()
            .iter()
            .all(|version| version["state"] == "applied");
        reset(&home);
        let began = Instant::now();
        home.run(&["migrate", "up"]).succeeded();
        let usual = began.elapsed();
        let mut random = ChaCha8Rng::seed_from_u64(seed());
        let (mut cut_short, mut unfinished) = (0, 0);
        for round in 0..KILLS {
            // A database in use is taken forward migration by migration, a new one at once.
            if round % 2 == 0 {
                reset(&home);
            } else {
                home.run(&["migrate", "down", "users"]).succeeded();
            }
            let mut killed = start(&home, &UP);
            let most = u64::try_from(usual.as_micros()).unwrap();
            sleep(Duration::from_micros(random.next_u64() % most));
            killed.kill().unwrap();
            cut_short += u32::from(!killed.wait().unwrap().success());

            let is_finished = home.run(&UP).status == Some(0) && shape(&home);
            unfinished += u32::from(!is_finished);
        }
        let engine = db.database.engine();
        println!("figure: {SCENARIO}, {engine} | cut short, of {KILLS} | {cut_short} | goal -");
        println!("figure: {SCENARIO}, {engine} | next `up` that did not finish | {unfinished} | goal <= 0");
        assert_eq!(unfinished, 0);
        assert!(cut_short > KILLS / 4);
        home.run(&["migrate", "check"]).succeeded();
    }

    async fn of_eight_programs_that_start_at_once_one_applies(db) {
        let home = Home::on(&db.owner_url);
        reset(&home);
        let started: Vec<Child> =
            (0..8).map(|_| start(&home, &["migrate", "up", "--json"])).collect();
        let mut at_work = 0;
        for child in started {
            let ended = child.wait_with_output().unwrap();
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
            let told: Value = serde_json::from_slice(&ended.stdout).unwrap();
            at_work += u32::from(!told["applied"].as_array().unwrap().is_empty());
        }
        assert_eq!(at_work, 1);
    }
}

#[test]
fn up_and_down_beside_each_other_leave_no_hole() {
    let home = Home::on("sqlite://own.db");
    home.run(&UP).succeeded();
    let started: Vec<Child> = (0..12)
        .map(|n| {
            let down: &[&str] = &["migrate", "down"];
            start(&home, if n % 2 == 0 { down } else { &UP })
        })
        .collect();
    for child in started {
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(
            ended.status.success() || said.contains("meanwhile"),
            "{said}"
        );
    }
    home.run(&UP).succeeded();
    home.run(&["migrate", "check"]).succeeded();
}
