//! Files of transactions into a portfolio that is recorded here.
//!
//! A row is known by the id that its file gives it, else by a hash of what it means, so that the same file
//! twice changes nothing, and one that has grown adds what is new. What was voided or corrected since is not
//! brought back.

mod ids;
mod transactions;

use std::{
    collections::BTreeMap,
    io::{Read, Seek},
};

use db::{Tx, query::execute_many};
use entity::{
    books::{import, portfolio},
    values::{ImportId, ImportStatus, PortfolioId, TransactionSource},
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, IntoActiveModel};
use sha2::{Digest, Sha256};

use self::{
    ids::{Named, present},
    transactions::{register, transaction_of},
};
use super::{ImportReport, report::counts};
use crate::{
    Error, portfolios,
    record::{MOST_AT_ONCE, NewTransaction, Recorded, record},
    statements::{self, Format, Mapping, Row, RowFault},
};

/// How many faults of a file are told before the rest of it is left unread.
const MOST_FAULTS: usize = 50;

/// The rows of a file, all of them good.
#[derive(Clone, Debug)]
pub struct Statement {
    pub format: Format,
    /// `sha256:` and lower-case hex of the file.
    pub file_hash: String,
    /// In the order of time, as far as the file's own order tells it.
    rows: Vec<Row>,
}

impl Statement {
    /// Reads a file whole.
    ///
    /// # Errors
    /// [`Error::StatementFile`], or [`Error::StatementRows`] with the first 50 faults.
    pub fn read<R: Read + Seek>(
        format: Format,
        mapping: Option<&Mapping>,
        mut input: R,
    ) -> Result<Self, Error> {
        let file_hash = hash_of(&mut input).map_err(statements::FileFault::from)?;
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for row in statements::read(format, mapping, input)? {
            match row {
                Ok(row) => rows.push(row),
                Err(fault) => faults.push(fault),
            }
            if faults.len() == MOST_FAULTS || rows.len() > MOST_AT_ONCE {
                break;
            }
        }
        if !faults.is_empty() {
            return Err(Error::StatementRows(faults));
        }
        // Many programs write the newest first.
        if let (Some(first), Some(last)) = (rows.first(), rows.last())
            && first.trade_date > last.trade_date
        {
            rows.reverse();
        }
        Ok(Self {
            format,
            file_hash,
            rows,
        })
    }
}

fn hash_of(input: &mut (impl Read + Seek)) -> std::io::Result<String> {
    let start = input.stream_position()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    input.seek(std::io::SeekFrom::Start(start))?;
    Ok(format!("sha256:{}", hex::encode(hash.finalize())))
}

/// Writes what is new in a file into the books: whole within the caller's transaction, under one new
/// revision.
///
/// # Errors
/// [`Error::StatementRows`] names the lines that the books do not take, [`Error::Unbookable`] a transaction
/// that was there before and cannot do with what is new.
pub async fn import_statement(
    ctx: &Ctx,
    tx: &Tx,
    portfolio_id: PortfolioId,
    statement: &Statement,
) -> Result<ImportReport, Error> {
    let portfolio = portfolios::lock_recorded(ctx, tx, portfolio_id).await?;
    let present = present(ctx, tx, portfolio_id).await?;
    let named = Named::of(statement);
    let new: Vec<(&Row, &String)> = named
        .rows
        .iter()
        .filter(|(_, id)| !present.contains(id))
        .map(|(row, id)| (*row, id))
        .collect();
    let already_present = named.rows.len() - new.len();
    let (securities, new_securities) = register(ctx, tx, &portfolio, &new).await?;
    let transactions: Vec<NewTransaction> = new
        .iter()
        .map(|(row, id)| transaction_of(row, id, &portfolio, &securities))
        .collect();
    let lines: Vec<u64> = new.iter().map(|(row, _)| row.line).collect();
    let recorded = record(
        ctx,
        tx,
        portfolio_id,
        TransactionSource::Import,
        &transactions,
    )
    .await
    .map_err(|error| by_line(error, &lines))?;
    let import_id = (!lines.is_empty()).then(ImportId::new);
    let report = report(
        &portfolio,
        import_id,
        &recorded,
        new_securities,
        already_present,
    );
    if let Some(id) = import_id {
        let row = import_row(ctx, id, statement, &report);
        execute_many(tx, [row.into_active_model().reset_all()]).await?;
    }
    Ok(report)
}

fn report(
    portfolio: &portfolio::Model,
    import_id: Option<ImportId>,
    recorded: &Recorded,
    securities: usize,
    already_present: usize,
) -> ImportReport {
    ImportReport {
        import_id,
        portfolio_id: Some(portfolio.id),
        portfolio_name: portfolio.name.clone(),
        base_currency: portfolio.base_currency.clone(),
        transactions: recorded.transactions.len(),
        lots: recorded.rebooked.lots,
        closures: recorded.rebooked.closures,
        cash_flows: recorded.cash_flows,
        securities,
        already_present,
        books_revision: recorded.books_revision,
        warnings: warnings(portfolio, recorded),
    }
}

/// Amounts whose value in the portfolio's currency stays unknown.
fn warnings(portfolio: &portfolio::Model, recorded: &Recorded) -> Vec<String> {
    let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
    for row in recorded
        .transactions
        .iter()
        .filter(|row| row.fx_rate.is_none())
    {
        *missing.entry(&row.currency).or_default() += 1;
    }
    let base = &portfolio.base_currency;
    let told = missing.into_iter().map(|(currency, count)| {
        format!(
            "the file has no rate from {currency} to {base} for {count} transactions: their cost and gain \
             in {base} are unknown"
        )
    });
    told.collect()
}

fn import_row(
    ctx: &Ctx,
    id: ImportId,
    statement: &Statement,
    report: &ImportReport,
) -> import::Model {
    import::Model {
        user_id: ctx.scope,
        id,
        portfolio_id: report.portfolio_id,
        format: statement.format.to_string(),
        file_hash: statement.file_hash.clone(),
        status: ImportStatus::Committed,
        counts: counts(report),
        errors: serde_json::json!([]),
        created_at: ctx.now(),
    }
}

/// Faults of new transactions are faults of their lines.
fn by_line(error: Error, lines: &[u64]) -> Error {
    let line = |at: usize| lines.get(at).copied().unwrap_or_default();
    match error {
        Error::InvalidTransaction { at, field, detail } => {
            let detail = format!("{field}: {detail}");
            Error::StatementRows(vec![fault(line(at), detail)])
        }
        Error::Unbookable(unbookable) => match unbookable.at {
            Some(at) => Error::StatementRows(vec![fault(line(at), unbookable.fault.to_string())]),
            None => Error::Unbookable(unbookable),
        },
        other => other,
    }
}

fn fault(line: u64, detail: String) -> RowFault {
    RowFault {
        line,
        column: None,
        detail,
    }
}
