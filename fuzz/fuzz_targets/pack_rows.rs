#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pricing::load::fuzzing::pack_rows(data));
