#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| api::fuzzing::request_headers(data));
