//! `docs/check_pack.py`: a second implementation of the pack format, in another language, that was
//! written from the format's description alone.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// What it says of its input; `None`, with a line that says so, where Python is missing.
pub fn check_pack(input: &[u8], arguments: &[&str]) -> Option<Output> {
    let started = Command::new("python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/check_pack.py"
        ))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut python) = started else {
        println!("skipped: the independent check, since python3 is not here");
        return None;
    };
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(input).unwrap();
    drop(stdin);
    Some(python.wait_with_output().unwrap())
}
