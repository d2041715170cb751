//! Clients that are cut again and again miss nothing and hear nothing twice.
//!
//! `cargo xtask faults` sets `FAULTS_LONG=1`: then 200 clients are cut 20 times each.

use std::env;

use futures_util::future::{join, join_all};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use serde_json::Value;
use testkit::on_both_engines;

use super::reader::Reader;
use crate::app::App;

const DEFAULT_SEED: u64 = 20_261_121;

/// Clients, and how often each is cut.
fn size() -> (u64, u64) {
    if env::var("FAULTS_LONG").is_ok_and(|value| value == "1") {
        (200, 20)
    } else {
        (20, 5)
    }
}

fn seed() -> u64 {
    let given = env::var("FAULTS_SEED").ok();
    let seed = given.map_or(DEFAULT_SEED, |text| text.parse().expect("FAULTS_SEED"));
    println!("seed: streams | {seed}");
    seed
}

/// A number below `end`.
fn below(random: &mut ChaCha8Rng, end: u64) -> u64 {
    random.next_u64() % end
}

/// What a client has heard.
#[derive(Default)]
struct Heard {
    events: Vec<(i64, Value)>,
    cuts: u64,
}

/// Reads up to the event `last`, and is cut on the way, most often in the midst of an event.
async fn listen(app: &App, thread: &str, last: i64, cuts: u64, seed: u64) -> Heard {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut heard = Heard::default();
    while heard.cuts < cuts {
        let known = heard.events.last().map(|(id, _)| *id);
        let mut stream = Reader::open(app, thread, "?after=0", known).await;
        // A cut may come before the first event, and after the last one.
        let until_cut = below(&mut random, 2 * last.unsigned_abs() / cuts);
        for _ in 0..until_cut {
            if heard.events.last().is_some_and(|(id, _)| *id == last) {
                break;
            }
            let (id, _, data) = stream.event().await.unwrap();
            heard.events.push((id, data));
        }
        heard.cuts += 1;
    }
    let known = heard.events.last().map(|(id, _)| *id);
    let mut stream = Reader::open(app, thread, "?after=0", known).await;
    while heard.events.last().is_none_or(|(id, _)| *id < last) {
        let (id, _, data) = stream.event().await.unwrap();
        heard.events.push((id, data));
    }
    heard
}

on_both_engines! {
    async fn clients_that_are_cut_at_random_miss_nothing_and_hear_nothing_twice(db) {
        let ((clients, cuts), seed) = (size(), seed());
        let engine = db.database.engine();
        let app = App::start_with(db, |config| config.max_streams_per_user = 100_000).await;
        let thread = app.thread("c").await;
        let messages = i64::try_from(20 * cuts).unwrap();

        let speak = async {
            let mut said = Vec::new();
            for n in 0..messages {
                said.push(app.say(&thread, &n.to_string()).await["id"].clone());
            }
            said
        };
        let listeners = (0..clients).map(|n| listen(&app, &thread, messages, cuts, seed + n));
        let (said, heard) = join(speak, join_all(listeners)).await;

        let all: Vec<i64> = (1..=messages).collect();
        let (mut missing, mut twice, mut wrong) = (0, 0, 0);
        for one in &heard {
            let ids: Vec<i64> = one.events.iter().map(|(id, _)| *id).collect();
            assert_eq!(one.cuts, cuts);
            missing += all.iter().filter(|id| !ids.contains(id)).count();
            twice += ids.iter().enumerate().filter(|(at, id)| ids[..*at].contains(id)).count();
            let messages: Vec<&Value> = one.events.iter().map(|(_, data)| &data["message_id"]).collect();
            wrong += usize::from(ids != all || messages != said.iter().collect::<Vec<_>>());
        }
        assert_eq!(heard.len() as u64, clients);
        let scenario = format!("streams, {clients} clients cut {cuts} times, {engine}");
        println!("figure: {scenario} | events that a client missed | {missing} | goal <= 0");
        println!("figure: {scenario} | events that a client heard twice | {twice} | goal <= 0");
        println!("figure: {scenario} | clients with another order or content | {wrong} | goal <= 0");
        assert_eq!((missing, twice, wrong), (0, 0, 0));
    }
}
