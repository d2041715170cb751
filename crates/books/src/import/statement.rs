//! Files of transactions into a portfolio that is recorded here.
//!
//! A row is known by the id that its file gives it, else by a hash of what it means, so that the same file
//! twice changes nothing, and one that has grown adds what is new. What was voided or corrected since is not
//! brought back.

mod ids;
mod lots;
mod source;
mod transactions;

use std::collections::BTreeMap;

use db::{Tx, query::execute_many};
use entity::{
    books::{import, portfolio, security},
    values::{ImportId, ImportStatus, PortfolioId, TransactionSource},
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, IntoActiveModel};

pub use self::source::Source;
use self::{
    ids::{Names, Present, Repeated},
    transactions::{register, transaction_of},
};
use super::{ImportReport, report::counts};
use crate::{
    Error,
    booking::Unbookable,
    record::{MOST_AT_ONCE, NewTransaction, Order, Recording},
    statements::{self, FileFault, Format, Mapping, Row, RowFault},
};

/// How many faults of a file are told before the rest of it is left unread.
const MOST_FAULTS: usize = 50;

/// Rows in memory.
const ROWS_AT_ONCE: usize = 1_000;

/// A file whose rows are all good by themselves. They are read again when they are written, so that none is
/// kept in memory.
#[derive(Debug)]
pub struct Statement {
    pub format: Format,
    /// `sha256:` and lower-case hex of the file.
    pub file_hash: String,
    source: Source,
    mapping: Option<Mapping>,
    rows: usize,
    /// As many programs write them.
    newest_first: bool,
    repeated: Repeated,
}

/// How far an import has come, of how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Rows(usize, usize),
    /// Securities whose lots are booked, when all rows are written.
    Securities(usize, usize),
}

impl Statement {
    /// Reads a file whole.
    ///
    /// # Errors
    /// [`Error::StatementFile`], or [`Error::StatementRows`] with the first 50 faults.
    pub fn read(format: Format, mapping: Option<Mapping>, source: Source) -> Result<Self, Error> {
        let mut statement = Self {
            format,
            file_hash: source.hash().map_err(FileFault::from)?,
            source,
            mapping,
            rows: 0,
            newest_first: false,
            repeated: Repeated::default(),
        };
        statement.survey()?;
        Ok(statement)
    }

    fn survey(&mut self) -> Result<(), Error> {
        let (mut first, mut last, mut faults) = (None, None, Vec::new());
        let rows = self.rows()?;
        for row in rows {
            match row {
                Ok(row) => {
                    first.get_or_insert(row.trade_date);
                    last = Some(row.trade_date);
                    self.repeated.count(&row);
                    self.rows += 1;
                }
                Err(fault) => faults.push(fault),
            }
            if faults.len() == MOST_FAULTS || self.rows > MOST_AT_ONCE {
                break;
            }
        }
        if !faults.is_empty() {
            return Err(Error::StatementRows(faults));
        }
        self.repeated.settle();
        self.newest_first = first > last;
        Ok(())
    }

    fn rows(&self) -> Result<statements::Statement<source::Reader>, Error> {
        let input = self.source.open().map_err(FileFault::from)?;
        Ok(statements::read(self.format, self.mapping.as_ref(), input)?)
    }

    fn order(&self) -> Order {
        if self.newest_first {
            Order::newest_first(self.rows)
        } else {
            Order::OldestFirst
        }
    }
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
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<ImportReport, Error> {
    let order = statement.order();
    let recording =
        Recording::begin(ctx, tx, portfolio_id, TransactionSource::Import, order).await?;
    let mut import = Import {
        ctx,
        tx,
        present: Present::load(ctx, tx, portfolio_id).await?,
        names: statement.repeated.names(statement.newest_first),
        securities: BTreeMap::new(),
        recording,
        lines: Vec::new(),
        done: Done::default(),
    };
    let mut rows = statement.rows()?;
    let mut read = 0;
    loop {
        let part: Vec<Row> = rows
            .by_ref()
            .take(ROWS_AT_ONCE)
            .collect::<Result<_, _>>()
            .map_err(|fault| Error::StatementRows(vec![fault]))?;
        if part.is_empty() {
            break;
        }
        read += part.len();
        import.add(&part).await?;
        progress(Progress::Rows(read, statement.rows));
    }
    if read != statement.rows
        || statement.source.hash().map_err(FileFault::from)? != statement.file_hash
    {
        return Err(FileFault::Changed.into());
    }
    import.finish(statement, progress).await
}

struct Import<'a> {
    ctx: &'a Ctx,
    tx: &'a Tx,
    names: Names<'a>,
    present: Present,
    /// By symbol.
    securities: BTreeMap<String, security::Model>,
    recording: Recording<'a>,
    /// Of the transactions, in the order of the file.
    lines: Vec<u64>,
    done: Done,
}

#[derive(Default)]
struct Done {
    transactions: usize,
    securities: usize,
    already_present: usize,
    /// Transactions by currency.
    without_rate: BTreeMap<String, usize>,
}

impl Import<'_> {
    async fn add(&mut self, rows: &[Row]) -> Result<(), Error> {
        let portfolio = self.recording.portfolio();
        let ids: Vec<String> = rows.iter().map(|row| self.names.of(row)).collect();
        let new: Vec<(&Row, &String)> = rows
            .iter()
            .zip(&ids)
            .filter(|(_, id)| !self.present.has(id))
            .collect();
        self.done.securities +=
            register(self.ctx, self.tx, portfolio, &new, &mut self.securities).await?;
        self.done.already_present += rows.len() - new.len();
        let names_lots = |(row, _): &(&Row, &String)| !row.terms.lots.is_empty();
        let mut left = new.as_slice();
        while !left.is_empty() {
            // A row that names lots needs those before it to be there.
            let next = left.iter().skip(1).position(names_lots);
            let (run, rest) = left.split_at(next.map_or(left.len(), |at| at + 1));
            self.record(run).await?;
            left = rest;
        }
        Ok(())
    }

    /// Of these, only the first may name lots.
    async fn record(&mut self, new: &[(&Row, &String)]) -> Result<(), Error> {
        let portfolio = self.recording.portfolio();
        let mut lots = match new.first() {
            Some((row, _)) => lots::chosen(self.ctx, self.tx, portfolio.id, row).await?,
            None => Vec::new(),
        };
        let transactions: Vec<NewTransaction> = new
            .iter()
            .map(|(row, id)| {
                let lots = std::mem::take(&mut lots);
                transaction_of(row, id, portfolio, &self.securities, lots)
            })
            .collect();
        self.lines.extend(new.iter().map(|(row, _)| row.line));
        self.done.transactions += transactions.len();
        let added = self.recording.add(&transactions).await;
        let added = added.map_err(|error| of_line(error, &self.lines))?;
        for row in added.iter().filter(|row| row.fx_rate.is_none()) {
            *self
                .done
                .without_rate
                .entry(row.currency.clone())
                .or_default() += 1;
        }
        Ok(())
    }

    async fn finish(
        mut self,
        statement: &Statement,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<ImportReport, Error> {
        let (ctx, tx, done) = (self.ctx, self.tx, std::mem::take(&mut self.done));
        let portfolio = self.recording.portfolio().clone();
        let booking = |done, all| progress(Progress::Securities(done, all));
        let outcome = match self.recording.finish(&booking).await {
            Err(Error::Unbookable(unbookable)) => return Err(self.of_new(unbookable).await?),
            outcome => outcome?,
        };
        let import_id = (done.transactions > 0).then(ImportId::new);
        let report = ImportReport {
            import_id,
            portfolio_id: Some(portfolio.id),
            portfolio_name: portfolio.name.clone(),
            base_currency: portfolio.base_currency.clone(),
            transactions: done.transactions,
            lots: outcome.rebooked.lots,
            closures: outcome.rebooked.closures,
            cash_flows: outcome.cash_flows,
            securities: done.securities,
            already_present: done.already_present,
            books_revision: outcome.books_revision,
            warnings: warnings(&portfolio, done.without_rate),
        };
        if let Some(id) = import_id {
            let row = import_row(ctx, id, statement, &report);
            execute_many(tx, [row.into_active_model().reset_all()]).await?;
        }
        Ok(report)
    }

    /// What cannot be booked as a fault of its line, if it is new.
    async fn of_new(&self, unbookable: Unbookable) -> Result<Error, Error> {
        let Some((id, _)) = unbookable.event else {
            return Ok(Error::Unbookable(unbookable));
        };
        let at = self.recording.place_of(id).await?;
        Ok(match at.and_then(|at| self.lines.get(at)) {
            Some(line) => Error::StatementRows(vec![fault(*line, unbookable.fault.to_string())]),
            None => Error::Unbookable(unbookable),
        })
    }
}

/// Amounts whose value in the portfolio's currency stays unknown.
fn warnings(portfolio: &portfolio::Model, without_rate: BTreeMap<String, usize>) -> Vec<String> {
    let base = &portfolio.base_currency;
    let told = without_rate.into_iter().map(|(currency, count)| {
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

/// A fault of a new transaction is one of its line.
fn of_line(error: Error, lines: &[u64]) -> Error {
    let Error::InvalidTransaction { at, field, detail } = error else {
        return error;
    };
    let line = lines.get(at).copied().unwrap_or_default();
    Error::StatementRows(vec![fault(line, format!("{field}: {detail}"))])
}

fn fault(line: u64, detail: String) -> RowFault {
    RowFault {
        line,
        column: None,
        detail,
    }
}
