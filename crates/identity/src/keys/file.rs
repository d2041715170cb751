//! One key, one file: `<kid>.json`, which only its owner may read.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::PublicKey;
use crate::Error;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    pub kid: String,
    pub created_at: DateTime<Utc>,
    /// 32 bytes in base64url.
    public_key: String,
    /// PKCS#8 in base64url; none once the key is retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.private_key.zeroize();
    }
}

impl KeyFile {
    pub fn of_active(public: &PublicKey, pkcs8: &[u8]) -> Self {
        Self::new(public, Some(BASE64_URL_SAFE_NO_PAD.encode(pkcs8)))
    }

    pub fn of_retired(public: &PublicKey) -> Self {
        Self::new(public, None)
    }

    fn new(public: &PublicKey, private_key: Option<String>) -> Self {
        Self {
            kid: public.kid.clone(),
            created_at: public.created_at,
            public_key: BASE64_URL_SAFE_NO_PAD.encode(&public.bytes),
            private_key,
        }
    }

    /// The public half, if it is the one that the file is named for.
    pub fn public_key(&self, folder: &Path) -> Result<PublicKey, Error> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&self.public_key).ok();
        let key = bytes.map(|bytes| PublicKey::new(&bytes, self.created_at));
        key.filter(|key| key.kid == self.kid)
            .ok_or_else(|| self.is_unreadable(folder))
    }

    /// What is no base64 comes out empty, which is no key either.
    pub fn private_key(&self) -> Option<Zeroizing<Vec<u8>>> {
        let text = self.private_key.as_ref()?;
        let pkcs8 = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        Some(Zeroizing::new(pkcs8))
    }

    pub fn is_unreadable(&self, folder: &Path) -> Error {
        Error::KeyFileUnreadable {
            path: path_of(folder, &self.kid),
        }
    }
}

fn path_of(folder: &Path, kid: &str) -> PathBuf {
    folder.join(format!("{kid}.json"))
}

/// The paths of a folder's key files; none where there is no folder.
pub fn paths(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let at_folder = |source| Error::KeyFile {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at_folder)?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(at_folder)?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    Ok(paths)
}

pub fn read_all(folder: &Path) -> Result<Vec<KeyFile>, Error> {
    paths(folder)?.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<KeyFile, Error> {
    let at_path = |source| Error::KeyFile {
        path: path.to_owned(),
        source,
    };
    refuse_if_open(path, &fs::metadata(path).map_err(at_path)?)?;
    let text = Zeroizing::new(fs::read_to_string(path).map_err(at_path)?);
    let file: Option<KeyFile> = serde_json::from_str(&text).ok();
    let named = path.file_stem().and_then(|stem| stem.to_str());
    file.filter(|file| Some(file.kid.as_str()) == named)
        .ok_or_else(|| Error::KeyFileUnreadable {
            path: path.to_owned(),
        })
}

#[cfg(unix)]
fn refuse_if_open(path: &Path, metadata: &fs::Metadata) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(Error::KeyFileOpen { path, mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_open(_: &Path, _: &fs::Metadata) -> Result<(), Error> {
    Ok(())
}

/// Writes a key's file whole or not at all, and only returns once it is on the disk.
pub fn write(folder: &Path, key: &KeyFile) -> Result<(), Error> {
    let path = path_of(folder, &key.kid);
    let partial = path.with_extension("partial");
    let text = serde_json::to_string_pretty(key).map_err(io::Error::from);
    let written = text.and_then(|text| {
        let text = Zeroizing::new(text);
        let mut file = private_options().open(&partial)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        sync_folder(folder)
    });
    written.map_err(|source| Error::KeyFile { path, source })
}

/// Holds others off the folder for as long as the file is open; makes the folder if need be.
pub fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(".lock");
    let locked = private_folder().create(folder).and_then(|()| {
        let file = private_options().open(&path)?;
        file.lock()?;
        Ok(file)
    });
    locked.map_err(|source| Error::KeyFile { path, source })
}

#[cfg(unix)]
fn private_options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    options
}

#[cfg(unix)]
fn private_folder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;

    let mut folder = DirBuilder::new();
    folder.recursive(true).mode(0o700);
    folder
}

#[cfg(not(unix))]
fn private_folder() -> DirBuilder {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    folder
}

/// A new name is on the disk once its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
