//! What commands print: answers on standard output, warnings beside them.

use std::io::{self, BufWriter, ErrorKind, Write, stderr, stdout};

use serde::Serialize;

use crate::error::Error;

/// Prints `text` and a line end.
pub fn print(text: &str) -> Result<(), Error> {
    print_with(|out| writeln!(out, "{text}"))
}

/// Prints what `write` writes. A reader that has gone away, such as `head`, is no failure.
pub fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut out = BufWriter::new(stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// Prints `value` as one line of JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), Error> {
    print(&serde_json::to_string(value).map_err(Error::Json)?)
}

/// Says what did not go as it should, although the command did what it was asked for.
pub fn warn(text: &str) {
    // Nothing is left to do where even this cannot be said.
    let _ = writeln!(stderr(), "warning: {text}");
}
