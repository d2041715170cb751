//! What another language says.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// What `docs/check_pack.py` says of its input: a second implementation of the pack format, that was
/// written from the format's description alone.
pub fn check_pack(input: &[u8], arguments: &[&str]) -> Option<Output> {
    let checker = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/check_pack.py");
    python(&[&[checker], arguments].concat(), input)
}

/// `None`, with a line that says so, where Python is missing.
pub fn python(arguments: &[&str], input: &[u8]) -> Option<Output> {
    let started = Command::new("python3")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut python) = started else {
        println!("skipped: what Python says, since python3 is not here");
        return None;
    };
    let mut stdin = python.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = python.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    Some(output)
}
