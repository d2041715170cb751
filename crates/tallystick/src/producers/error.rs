use std::{io, path::PathBuf};

use identity::webhook::{ProducerError, Weakness};

/// Why the producers are not known. No secret is ever shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "there is no file for producers yet: set signals.producers_file \
         (TALLYSTICK__SIGNALS__PRODUCERS_FILE) to a path that only you can read"
    )]
    NotSet,
    #[error(
        "the file of producers {}: {source}; make it with `tallystick producer add`, or correct \
         signals.producers_file",
        file.display()
    )]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("the file of producers {} is no TOML at line {line}; correct it", file.display())]
    Syntax { file: PathBuf, line: usize },
    #[error(
        "the file of producers {} must hold tables [producers.NAME], and nothing else",
        file.display()
    )]
    Shape { file: PathBuf },
    #[error(
        "the file of producers {}: [producers.{name}] must hold user = \"EMAIL\" and \
         secrets = [\"whsec_…\"], and nothing else",
        file.display()
    )]
    ProducerShape { file: PathBuf, name: String },
    #[error("the file of producers {}: [producers.{name}] cannot be used: {source}", file.display())]
    Producer {
        file: PathBuf,
        name: String,
        source: ProducerError,
    },
    #[error(
        "the file of producers {}: a secret of [producers.{name}] is not safe in production: \
         {weakness}; replace it with `tallystick producer rotate {name}`, twice",
        file.display()
    )]
    Weak {
        file: PathBuf,
        name: String,
        weakness: Weakness,
    },
    #[error(
        "there is a producer {name} in {} already; give it another secret with `tallystick producer \
         rotate {name}`",
        file.display()
    )]
    Exists { file: PathBuf, name: String },
    #[error(
        "there is no producer {name} in {}; `tallystick producer list` says which there are",
        file.display()
    )]
    Unknown { file: PathBuf, name: String },
    #[error("the file of producers {} cannot be written, and is as it was: {source}", file.display())]
    Unwritable { file: PathBuf, source: io::Error },
    #[error("the system has no random bytes for a secret: {0}")]
    Random(getrandom::Error),
}
