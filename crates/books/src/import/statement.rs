//! Files of transactions into a portfolio that is recorded here.
//!
//! A row is known by the id that its file gives it, else by a hash of what it means, so that the same file
//! twice changes nothing, and one that has grown adds what is new. What was voided or corrected since is not
//! brought back.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{Read, Seek},
};

use db::{ConnectionTrait, Tx, query::execute_many};
use entity::{
    books::{
        import, portfolio, security,
        transaction::{self, Column},
    },
    values::{
        ImportId, ImportStatus, Money, PortfolioId, Price, Quantity, Rate, SecurityKind,
        TransactionKind, TransactionSource,
    },
};
use identity::Ctx;
use ledger::SecurityInfo;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use sha2::{Digest, Sha256};

use super::{ImportReport, report::counts};
use crate::{
    Error, portfolios,
    record::{MOST_AT_ONCE, NewTransaction, Recorded, Terms, UnitRatio, record},
    securities,
    statements::{self, Format, Mapping, Row, RowFault, SecurityName},
    transactions,
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

/// Rows with the ids by which they are known.
struct Named<'a> {
    rows: Vec<(&'a Row, String)>,
}

impl<'a> Named<'a> {
    /// Of rows that mean the same, each has a number of its own: a file may hold two equal purchases.
    fn of(statement: &'a Statement) -> Self {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let rows = statement.rows.iter().map(|row| {
            let id = row
                .external_id
                .clone()
                .unwrap_or_else(|| hash_of_meaning(row));
            let times = seen.entry(id.clone()).or_default();
            *times += 1;
            let id = if *times > 1 {
                format!("{id}#{times}")
            } else {
                id
            };
            (row, id)
        });
        Self {
            rows: rows.collect(),
        }
    }
}

fn hash_of_meaning(row: &Row) -> String {
    let symbol = row
        .security
        .as_ref()
        .map(|security| security.symbol.as_str());
    let meaning = serde_json::json!([
        row.kind,
        row.trade_date,
        symbol,
        Quantity::new(row.quantity),
        row.price.map(Price::new),
        row.amount.map(Money::new),
        row.currency,
        Money::new(row.fee),
        Money::new(row.tax),
        row.ratio
            .map(|(new, old)| (Quantity::new(new), Quantity::new(old))),
    ]);
    format!(
        "sha256:{}",
        hex::encode(Sha256::digest(meaning.to_string()))
    )
}

/// The ids of what was imported into the portfolio before.
async fn present(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
) -> Result<HashSet<String>, Error> {
    let ids: Vec<Option<String>> = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio_id))
        .filter(Column::Source.eq(TransactionSource::Import))
        .select_only()
        .column(Column::ExternalId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().flatten().collect())
}

/// The securities that the rows name, made where they are missing; and how many were.
async fn register(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    rows: &[(&Row, &String)],
) -> Result<(BTreeMap<String, security::Model>, usize), Error> {
    let mut named: BTreeMap<String, (SecurityInfo, u64)> = BTreeMap::new();
    for (row, _) in rows {
        if let Some(security) = &row.security {
            let info = || (described(security, row, portfolio), row.line);
            named.entry(symbol_of(security)).or_insert_with(info);
        }
    }
    let known = securities::by_symbol(db, named.keys().map(String::as_str)).await?;
    let mut faults = Vec::new();
    for (info, line) in named.values() {
        if !known.contains_key(&info.symbol)
            && let Err(error) = securities::check_registrable(info)
        {
            faults.push(fault(*line, error.to_string()));
        }
    }
    if !faults.is_empty() {
        return Err(Error::StatementRows(faults));
    }
    let missing = named.len() - known.len();
    let infos: Vec<SecurityInfo> = named.into_values().map(|(info, _)| info).collect();
    Ok((securities::register(ctx, db, &infos).await?, missing))
}

/// As symbols are written here: in capitals, a point for a space (`BRK B` is `BRK.B`), a hyphen for what else
/// a symbol cannot hold.
fn symbol_of(security: &SecurityName) -> String {
    let letter = |c: char| match c {
        ' ' => '.',
        '.' | '_' | '-' | '\'' | '/' => c,
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '-',
    };
    security.symbol.chars().map(letter).collect()
}

fn described(security: &SecurityName, row: &Row, portfolio: &portfolio::Model) -> SecurityInfo {
    let of_row = Some(&row.currency).filter(|code| !code.is_empty());
    let currency = security.currency.as_ref().or(of_row);
    SecurityInfo {
        symbol: symbol_of(security),
        name: Some(security.name.as_ref().unwrap_or(&security.symbol).clone()),
        currency: currency.unwrap_or(&portfolio.base_currency).clone(),
        kind: security.kind.map(|kind: SecurityKind| kind.to_string()),
        isin: security.isin.clone(),
        sector: None,
        country: None,
        figi: None,
        exchange: None,
    }
}

fn transaction_of(
    row: &Row,
    external_id: &str,
    portfolio: &portfolio::Model,
    securities: &BTreeMap<String, security::Model>,
) -> NewTransaction {
    let named = row.security.as_ref();
    let security = named.and_then(|security| securities.get(&symbol_of(security)));
    let currency = if row.currency.is_empty() {
        security.map_or(&portfolio.base_currency, |security| &security.currency)
    } else {
        &row.currency
    };
    let ratio = row.ratio.map(|(new, old)| UnitRatio {
        new: Quantity::new(new),
        old: Quantity::new(old),
    });
    // A dividend counts when it is paid.
    let paid = row
        .pay_date
        .filter(|_| row.kind == TransactionKind::Dividend);
    let is_base = *currency == portfolio.base_currency;
    NewTransaction {
        kind: row.kind,
        security_id: security.map(|security| security.id),
        trade_date: paid.unwrap_or(row.trade_date),
        settle_date: row.settle_date,
        pay_date: row.pay_date,
        ex_date: row.ex_date,
        quantity: Quantity::new(row.quantity),
        price: row.price.map(Price::new),
        amount: row.amount.map(Money::new),
        currency: currency.clone(),
        fee: Money::new(row.fee),
        tax: Money::new(row.tax),
        fx_rate: row.fx_rate.filter(|_| !is_base).map(Rate::new),
        narration: row.narration.clone().filter(|text| !text.is_empty()),
        external_id: Some(external_id.to_owned()),
        terms: Terms {
            ratio,
            ..Terms::default()
        },
        corrects: None,
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
