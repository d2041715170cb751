//! Price rows from a file into the table, in one transaction.

use std::{
    fs::File,
    io::{BufRead, BufReader},
};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use db::{Database, Tx, query::copy_in};
use entity::{
    pricing::price::Column,
    values::{Price, PriceAdjustment, Quantity, SecurityId},
};
use futures_util::stream;
use sea_orm::Value;
use serde_json::json;

/// As in the file.
const COLUMNS: [Column; 11] = [
    Column::PackId,
    Column::SecurityId,
    Column::Close,
    Column::Currency,
    Column::Open,
    Column::High,
    Column::Low,
    Column::Volume,
    Column::Source,
    Column::Adjustment,
    Column::CreatedAt,
];

pub async fn run(database: &Database, file: &str) -> Result<serde_json::Value> {
    let lines = BufReader::new(File::open(file)?).lines();
    let rows = stream::iter(lines.map(|line| Ok(values_of(&line?)?)));
    let unit = async move |tx: Tx| -> Result<u64, Failure> { copy_in(&tx, &COLUMNS, rows).await };
    let stored = database.write_without_retry(unit).await?;
    Ok(json!({ "rows": stored }))
}

/// Typed as the product has them, so that a wrong number is found here and not in the table.
fn values_of(line: &str) -> Result<[Value; COLUMNS.len()]> {
    let mut values = line.split(',');
    let mut next = || values.next().context("a line is too short");
    Ok([
        next()?.into(),
        next()?.parse::<SecurityId>()?.into(),
        next()?.parse::<Price>()?.into(),
        next()?.into(),
        next()?.parse::<Price>()?.into(),
        next()?.parse::<Price>()?.into(),
        next()?.parse::<Price>()?.into(),
        next()?.parse::<Quantity>()?.into(),
        next()?.into(),
        next()?.parse::<PriceAdjustment>()?.into(),
        next()?.parse::<DateTime<Utc>>()?.into(),
    ])
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Failure {
    Database(#[from] db::Error),
    File(#[from] std::io::Error),
    Line(#[from] anyhow::Error),
}
