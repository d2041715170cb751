#![no_main]

use std::{
    backtrace::Backtrace,
    panic::{set_hook, take_hook},
};

libfuzzer_sys::fuzz_target!(
    init: let_the_grammar_panic(),
    |data: &[u8]| ledger::fuzzing::beancount(data)
);

/// The product holds off panics of the grammar crate: each part is read in a thread of its own. The
/// fuzzer would end at them, so it only says where they are.
fn let_the_grammar_panic() {
    let abort = take_hook();
    set_hook(Box::new(move |panic| {
        // It also panics in what it calls, such as a division.
        let way = Backtrace::force_capture().to_string();
        match panic.location() {
            Some(place) if way.contains("beancount_parser_lima") => eprintln!("held off: {place}"),
            _ => abort(panic),
        }
    }));
}
