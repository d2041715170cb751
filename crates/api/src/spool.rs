//! Bodies of any length, taken to a file first, so that a slow client holds no transaction.

use std::{fs::File, io::Seek};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use pricing::load::Format;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncWriteExt, BufWriter};

use crate::{
    edge::deadlines::BodyReader,
    extract::{ContentKind, content_kind, wrong_media_type},
    problem::Problem,
};

/// A body of rows, whole and on disk; the file goes when this does.
pub struct Spooled {
    file: File,
    pub format: Format,
    /// SHA-256 of the body.
    pub hash: Vec<u8>,
}

impl Spooled {
    /// The whole body once more.
    pub fn reopen(&self) -> Result<File, Problem> {
        let mut file = self.file.try_clone().map_err(Problem::internal)?;
        file.rewind().map_err(Problem::internal)?;
        Ok(file)
    }
}

/// Bytes that are held before they are written.
const BUFFER: usize = 256 * 1024;

impl FromRequest for Spooled {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let format = match content_kind(&request)? {
                ContentKind::NdJson => Format::Ndjson,
                ContentKind::Csv => Format::Csv,
                _ => return Err(wrong_media_type("application/x-ndjson or text/csv")),
            };
            spool(format, BodyReader::new(&request, payload)).await
        })
    }
}

async fn spool(format: Format, mut body: BodyReader) -> Result<Spooled, Problem> {
    let file = tempfile::tempfile().map_err(Problem::internal)?;
    let mut writer = BufWriter::with_capacity(BUFFER, tokio::fs::File::from_std(file));
    let mut hasher = Sha256::new();
    while let Some(chunk) = body.next().await? {
        hasher.update(&chunk);
        writer.write_all(&chunk).await.map_err(Problem::internal)?;
    }
    writer.flush().await.map_err(Problem::internal)?;
    let file = writer.into_inner().into_std().await;
    Ok(Spooled {
        file,
        format,
        hash: hasher.finalize().to_vec(),
    })
}
