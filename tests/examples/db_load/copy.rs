//! Price rows from a file into the table, in one transaction.

use std::{
    fs::File,
    io::{BufRead, BufReader},
};

use anyhow::{Context, Result};
use db::{Database, Tx, insert_all};
use entity::{pricing::price, values::PriceAdjustment};
use sea_orm::Set;
use serde_json::{Value, json};

/// As many as a statement of `insert_all` has, several times over.
const ROWS_AT_ONCE: usize = 10_000;

pub async fn run(database: &Database, file: &str) -> Result<Value> {
    let mut lines = BufReader::new(File::open(file)?).lines();
    let unit = async move |tx: Tx| -> Result<usize, Failure> {
        let (mut rows, mut stored) = (Vec::new(), 0);
        while let Some(line) = lines.next().transpose()? {
            rows.push(price_of(&line)?);
            if rows.len() == ROWS_AT_ONCE {
                stored += store(&tx, &mut rows).await?;
            }
        }
        Ok(stored + store(&tx, &mut rows).await?)
    };
    let stored = database.write_without_retry(unit).await?;
    Ok(json!({ "rows": stored }))
}

async fn store(tx: &Tx, rows: &mut Vec<price::ActiveModel>) -> Result<usize, db::Error> {
    let batch = std::mem::take(rows);
    let count = batch.len();
    insert_all(tx, batch).await?;
    Ok(count)
}

fn price_of(line: &str) -> Result<price::ActiveModel> {
    let mut values = line.split(',');
    let mut next = || values.next().context("a line is too short");
    Ok(price::ActiveModel {
        pack_id: Set(next()?.to_owned()),
        security_id: Set(next()?.parse()?),
        close: Set(next()?.parse()?),
        currency: Set(next()?.to_owned()),
        open: Set(Some(next()?.parse()?)),
        high: Set(Some(next()?.parse()?)),
        low: Set(Some(next()?.parse()?)),
        volume: Set(Some(next()?.parse()?)),
        source: Set(next()?.to_owned()),
        adjustment: Set(next()?.parse::<PriceAdjustment>()?),
        created_at: Set(next()?.parse()?),
    })
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Failure {
    Database(#[from] db::Error),
    File(#[from] std::io::Error),
    Line(#[from] anyhow::Error),
}
