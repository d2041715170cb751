//! `tallystick export`: the books of a portfolio as a file.

use std::{
    fs::File,
    io::{self, BufWriter, ErrorKind, Seek, Write},
    path::{Path, PathBuf},
};

use books::{
    export::{Exported, export},
    holdings::AsOf,
};
use chrono::NaiveDate;
use db::Tx;
use identity::Ctx;
use tempfile::NamedTempFile;

use super::positions::find_portfolio;
use crate::{cli::Export, error::Error, session, settings::Settings};

pub async fn run(settings: &Settings, whose: Option<&str>, args: Export) -> Result<(), Error> {
    let place = args.output.clone().filter(|path| path.as_os_str() != "-");
    if let Some(path) = &place
        && !args.force
        && path.exists()
    {
        return Err(Error::FileExists(path.clone()));
    }
    let ctx = session::open(settings, whose).await?;
    let written = write(&ctx, &args, place.as_deref()).await;
    ctx.database.close().await;
    let (_, file) = written?;
    match place {
        Some(path) => keep(file, path, args.force),
        None => print(file.into_file()),
    }
}

/// The whole export beside where it goes, so that it can take its place at once.
async fn write(
    ctx: &Ctx,
    args: &Export,
    place: Option<&Path>,
) -> Result<(Exported, NamedTempFile), Error> {
    let folder = place.and_then(Path::parent);
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let folder = match place {
        Some(_) => folder.unwrap_or(Path::new(".")).to_owned(),
        None => std::env::temp_dir(),
    };
    let unwritten = |source| Error::File {
        path: place.unwrap_or(&folder).to_owned(),
        source,
    };
    let work = async |tx: Tx| -> Result<(Exported, NamedTempFile), Error> {
        let portfolio = find_portfolio(ctx, &tx, &args.portfolio).await?;
        let asof = AsOf {
            date: args.asof.unwrap_or(NaiveDate::MAX),
            revision: None,
        };
        let file = NamedTempFile::new_in(&folder).map_err(unwritten)?;
        let mut out = BufWriter::new(file);
        let exported = export(ctx, &tx, &portfolio, asof, args.format, &mut out).await?;
        let file = out.into_inner();
        let file = file.map_err(|error| unwritten(error.into_error()))?;
        Ok((exported, file))
    };
    ctx.database.read(work).await
}

fn keep(file: NamedTempFile, path: PathBuf, force: bool) -> Result<(), Error> {
    let synced = file.as_file().sync_all();
    let kept = match synced {
        Err(source) => Err(source),
        Ok(()) if force => file.persist(&path).map_err(|error| error.error),
        Ok(()) => file.persist_noclobber(&path).map_err(|error| error.error),
    };
    match kept {
        Ok(_) => Ok(()),
        Err(source) if source.kind() == ErrorKind::AlreadyExists => Err(Error::FileExists(path)),
        Err(source) => Err(Error::File { path, source }),
    }
}

/// A reader that has gone away, such as `head`, is no failure.
fn print(mut file: File) -> Result<(), Error> {
    file.rewind().map_err(Error::Output)?;
    let mut out = io::stdout().lock();
    match io::copy(&mut file, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}
