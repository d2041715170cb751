//! Clients that are cut again and again miss nothing and hear nothing twice.
//!
//! `cargo xtask faults streams` runs it with 200 clients that are cut 20 times each.

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

/// Set from outside for a longer run, or to repeat one.
fn given(name: &str, default: u64) -> u64 {
    let text = env::var(format!("TALLYSTICK_STREAM_{name}"));
    text.map_or(default, |text| text.parse().unwrap())
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
        let (clients, cuts) = (given("CLIENTS", 20), given("CUTS", 5));
        let seed = given("SEED", u64::from(std::process::id()));
        println!("{clients} clients, {cuts} cuts each, TALLYSTICK_STREAM_SEED={seed}");
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
        for one in &heard {
            let ids: Vec<i64> = one.events.iter().map(|(id, _)| *id).collect();
            assert_eq!((&ids, one.cuts), (&all, cuts));
            let messages: Vec<&Value> = one.events.iter().map(|(_, data)| &data["message_id"]).collect();
            assert_eq!(messages, said.iter().collect::<Vec<_>>());
        }
        assert_eq!(heard.len() as u64, clients);
    }
}
