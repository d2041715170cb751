#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| identity::fuzzing::opaque_token(data));
