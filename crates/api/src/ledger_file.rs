//! A ledger on this machine, with the hash of what it was read from.

use std::{fs, io, path::Path};

use ledger::{Diagnostics, Ledger};
use sha2::{Digest, Sha256};

/// Why a ledger's files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFileError {
    #[error(transparent)]
    Ledger(#[from] Diagnostics),
    #[error("{file}: {source}")]
    File { file: String, source: io::Error },
}

/// Reads a ledger with its includes; blocks. The hash is that of [`hash_of_files`].
pub fn read_ledger_file(path: &Path) -> Result<(Ledger, String), LedgerFileError> {
    let ledger = ledger::load(path)?;
    let hash = hash_of_files(&ledger)?;
    Ok((ledger, hash))
}

/// `sha256:` and the hash of the main file followed by what it includes.
pub fn hash_of_files(ledger: &Ledger) -> Result<String, LedgerFileError> {
    let mut hash = Sha256::new();
    let files = (0..).map(|index| ledger.file(index));
    for file in files.take_while(|file| !file.is_empty()) {
        let text = fs::read(file).map_err(|source| LedgerFileError::File {
            file: file.to_owned(),
            source,
        })?;
        hash.update(text);
    }
    Ok(format!("sha256:{}", hex::encode(hash.finalize())))
}
