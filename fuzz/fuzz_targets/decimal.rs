#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| entity::values::fuzzing::decimal(data));
