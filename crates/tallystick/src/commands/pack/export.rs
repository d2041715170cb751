//! A pack as a file of its own: written from the database, checked without one.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use identity::Ctx;
use pricing::{
    content::{SortedLeaves, read_export},
    packs,
};
use serde_json::json;

use super::build::{in_file, open};
use crate::{
    cli::pack::PackExport,
    error::Error,
    output::{print, print_json, print_with},
};

pub async fn run(ctx: &Ctx, args: PackExport) -> Result<(), Error> {
    let work = async |tx: db::Tx| packs::export(ctx, &tx, &args.id).await;
    let rows = ctx.database.read(work).await?;
    let Some(path) = args.output else {
        return print_with(|out| write(out, rows));
    };
    create(&path, rows).map_err(|source| Error::File { path, source })
}

fn create(path: &Path, rows: SortedLeaves) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write(&mut file, rows)?;
    file.into_inner()?.sync_all()
}

fn write(into: &mut dyn Write, rows: SortedLeaves) -> io::Result<()> {
    for row in rows {
        writeln!(into, "{}", row?)?;
    }
    Ok(())
}

/// Computes the hash of an exported pack, and fails if it is not the one that was expected.
pub fn verify(path: PathBuf, expected: Option<String>, json: bool) -> Result<(), Error> {
    let found = read_export(BufReader::new(open(&path)?)).map_err(in_file(&path))?;
    let matches = expected.as_ref().map(|expected| *expected == found.hash);
    if json {
        print_json(&json!({
            "file": &path,
            "asof_date": found.asof,
            "policy": found.policy,
            "rows": found.rows,
            "computed_hash": &found.hash,
            "expected_hash": &expected,
            "matches": matches,
        }))?;
    } else if matches != Some(false) {
        let advice = if matches.is_none() {
            "\nCompare it with a hash from somewhere else, or give that with --hash."
        } else {
            ""
        };
        print(&format!(
            "{} holds {} rows of {} under {}, {}{advice}",
            path.display(),
            found.rows,
            found.asof,
            found.policy,
            found.hash
        ))?;
    }
    match expected {
        Some(expected) if matches == Some(false) => Err(Error::ExportDiffers {
            path,
            expected,
            computed: found.hash,
        }),
        _ => Ok(()),
    }
}
