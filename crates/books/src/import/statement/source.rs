//! What a statement is read from, as often as is needed.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    sync::Arc,
};

use sha2::{Digest, Sha256};

/// A file, or a text that is in memory already.
#[derive(Debug)]
pub enum Source {
    File(File),
    Text(Arc<String>),
}

/// A source from its beginning on.
pub(super) enum Reader {
    File(BufReader<File>),
    Text(Cursor<SharedText>),
}

pub(super) struct SharedText(Arc<String>);

impl Source {
    /// Only one reader is in use at a time: those of a file share its position.
    pub(super) fn open(&self) -> io::Result<Reader> {
        Ok(match self {
            Self::File(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Reader::File(BufReader::new(file))
            }
            Self::Text(text) => Reader::Text(Cursor::new(SharedText(Arc::clone(text)))),
        })
    }

    /// `sha256:` and lower-case hex.
    pub(super) fn hash(&self) -> io::Result<String> {
        let mut hash = Sha256::new();
        let mut reader = self.open()?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = reader.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(&buffer[..read]);
        }
        Ok(format!("sha256:{}", hex::encode(hash.finalize())))
    }
}

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Text(text) => text.read(buffer),
        }
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Text(text) => text.seek(to),
        }
    }
}
