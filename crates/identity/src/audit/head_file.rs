//! A head in a file of its own, away from whoever can write to the database.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::SignedHead;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the head of the audit log, {}, cannot be read or written: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} does not hold the head of an audit log: {source}", path.display())]
    NotAHead {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error(
        "{} knows of row {kept} of the audit log, which now ends at row {now}: the file is left as it \
         is; `tallystick audit verify --head {}` says more",
        path.display(), path.display()
    )]
    Behind { path: PathBuf, kept: i64, now: i64 },
    #[error(
        "{} has another hash for row {seq} of the audit log: the file is left as it is; `tallystick \
         audit verify --head {}` says more",
        path.display(), path.display()
    )]
    Differs { path: PathBuf, seq: i64 },
}

/// What became of a head that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Written,
    /// The file knows of this row already.
    AlreadyThere,
}

pub fn read(path: &Path) -> Result<SignedHead, FileError> {
    let text = fs::read(path).map_err(|source| FileError::Io {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|source| FileError::NotAHead {
        path: path.to_owned(),
        source,
    })
}

/// Writes a head into the file at `path`, whole or not at all, in place of an earlier one; makes its
/// folder if need be. A head that the file's own contradicts is refused. Blocks.
pub fn keep(path: &Path, head: &SignedHead) -> Result<Kept, FileError> {
    let io_error = |source| FileError::Io {
        path: path.to_owned(),
        source,
    };
    let folder = open_folder(path).map_err(io_error)?;
    // Of two programs that write one file, the later sees what the earlier wrote.
    folder.lock().map_err(io_error)?;
    if path.try_exists().map_err(io_error)? {
        let there = read(path)?;
        if is_known(path, &there, head)? {
            return Ok(Kept::AlreadyThere);
        }
    }
    replace(path, head)
        .and_then(|()| folder.sync_all())
        .map_err(io_error)?;
    Ok(Kept::Written)
}

/// A head that is signed is better than the same one without.
fn is_known(path: &Path, there: &SignedHead, head: &SignedHead) -> Result<bool, FileError> {
    let (kept, now) = (there.head.seq, head.head.seq);
    let path = || path.to_owned();
    if now < kept {
        return Err(FileError::Behind {
            path: path(),
            kept,
            now,
        });
    }
    if now == kept && there.head.hash != head.head.hash {
        return Err(FileError::Differs {
            path: path(),
            seq: now,
        });
    }
    Ok(now == kept && (there.signature.is_some() || head.signature.is_none()))
}

fn open_folder(path: &Path) -> io::Result<File> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    File::open(folder)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn replace(path: &Path, head: &SignedHead) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path))?;
    serde_json::to_writer(&mut file, head)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
