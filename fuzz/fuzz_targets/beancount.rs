#![no_main]

use std::panic::{set_hook, take_hook};

libfuzzer_sys::fuzz_target!(
    init: let_the_grammar_panic(),
    |data: &[u8]| ledger::fuzzing::beancount(data)
);

/// The product holds off panics of the grammar crate: each part is read in a thread of its own. The
/// fuzzer would end at them, so it only says where they are.
fn let_the_grammar_panic() {
    let abort = take_hook();
    set_hook(Box::new(move |panic| match panic.location() {
        Some(place) if place.file().contains("beancount-parser-lima") => {
            eprintln!("held off: {place}");
        }
        _ => abort(panic),
    }));
}
