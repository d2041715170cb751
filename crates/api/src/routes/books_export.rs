//! `/v1/portfolios/{id}/export`

mod document;

use std::{
    fs::File,
    io::{self, BufWriter, Seek},
};

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::ServiceConfig,
};
use books::{
    booked::revision_at,
    export::{self, Exported, export},
    holdings::AsOf,
    portfolios,
};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use db::Tx;
use entity::values::PortfolioId;
use futures_util::stream;
use identity::Ctx;
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    extract::{Call, Date, UrlPath},
    problem::Problem,
    reach::within_reach,
    schema::CalendarDate,
};
use document::BooksDocument;

/// Names the revision of the books that a file was written from.
pub const BOOKS_REVISION: &str = "tallystick-books-revision";

/// Bytes that are in memory at once.
const CHUNK: usize = 64 * 1024;

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/portfolios/{id}/export", export_books));
}

/// A kind of file.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// A ledger of Beancount.
    Beancount,
    /// The table that an import of the format `csv` reads.
    Csv,
    /// One document, numbers as strings.
    Json,
    /// A table of typed columns.
    Parquet,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportBooks {
    /// What the file is written in.
    #[param(inline)]
    format: ExportFormat,
    /// The last day that counts. Default: all days.
    #[param(value_type = Option<CalendarDate>)]
    asof: Option<Date>,
    /// The books as they were known at this instant. Default: now.
    known_at: Option<DateTime<Utc>>,
}

/// The books of a portfolio as a file: what counts, in the order of booking.
///
/// `docs/export.md` says what each format holds, and how it is read again.
#[utoipa::path(
    get, path = "/v1/portfolios/{id}/export", tag = "Books",
    params(("id" = uuid::Uuid, Path), ExportBooks),
    responses(
        (status = 200, description = "The file; the header names the revision of the books",
            content(
                (String = "text/plain"),
                (String = "text/csv"),
                (BooksDocument = "application/json"),
                (String = "application/vnd.apache.parquet"),
            ),
            headers(
                ("Content-Disposition" = String),
                ("Tallystick-Books-Revision" = String),
            )),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 422, description = "`not_bookable`, `number_too_large`"),
    ),
)]
pub async fn export_books(
    call: Call<ExportBooks>,
    UrlPath(id): UrlPath<PortfolioId>,
) -> Result<HttpResponse, Problem> {
    let format = export::Format::from(call.query.format);
    let (exported, file) = within_reach(call, id, async |call: &Call<ExportBooks>| {
        spooled(&call.ctx, id, &call.query).await
    })
    .await?;
    let length = file.metadata().map_err(Problem::internal)?.len();
    let name = format!("attachment; filename=\"{id}.{format}\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((BOOKS_REVISION, exported.books_revision.to_string()))
        .body(SizedStream::new(length, chunks(file))))
}

/// The whole file on disk, so that a fault is told before anything is sent, and a slow client holds no
/// transaction.
async fn spooled(
    ctx: &Ctx,
    id: PortfolioId,
    query: &ExportBooks,
) -> Result<(Exported, File), Problem> {
    ctx.database
        .read(async |tx: Tx| -> Result<(Exported, File), Problem> {
            let portfolio = portfolios::find(ctx, &tx, id).await?;
            let revision = match query.known_at {
                Some(instant) => Some(revision_at(ctx, &tx, &portfolio, instant).await?),
                None => None,
            };
            let date = query.asof.map_or(NaiveDate::MAX, |date| date.0);
            let asof = AsOf { date, revision };
            let file = tempfile::tempfile().map_err(Problem::internal)?;
            let mut out = BufWriter::new(file);
            let format = query.format.into();
            let exported = export(ctx, &tx, &portfolio, asof, format, &mut out).await?;
            let unwritten = |error: io::IntoInnerError<_>| Problem::internal(error.into_error());
            let mut file = out.into_inner().map_err(unwritten)?;
            file.rewind().map_err(Problem::internal)?;
            Ok((exported, file))
        })
        .await
}

fn chunks(file: File) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
}

impl From<ExportFormat> for export::Format {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Beancount => Self::Beancount,
            ExportFormat::Csv => Self::Csv,
            ExportFormat::Json => Self::Json,
            ExportFormat::Parquet => Self::Parquet,
        }
    }
}
