#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| books::statements::fuzzing::statements(data));
