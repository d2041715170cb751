//! The ledger that a portfolio is held against: the body, or the one that the service is set up with.

use std::{path::PathBuf, sync::Arc};

use actix_web::web;
use ledger::{Ledger, PortfolioView};
use performance::reconciliation::LedgerSide;
use sha2::{Digest, Sha256};

use super::{LedgerFormat, ReconcilePortfolio};
use crate::{
    access,
    extract::Call,
    guard,
    ledger_file::{LedgerFileError, read_ledger_file},
    problem::{Problem, kinds},
};

pub struct Source {
    ledger: Ledger,
    view: PortfolioView,
    accounts: Vec<String>,
    hash: String,
    commit: Option<String>,
}

const BODY_NAME: &str = "ledger.beancount";

impl Source {
    pub fn side(&self) -> LedgerSide<'_> {
        LedgerSide {
            ledger: &self.ledger,
            view: &self.view,
            accounts: &self.accounts,
            hash: &self.hash,
            commit: self.commit.as_deref(),
        }
    }
}

/// What to read, known to be permitted; it is read when that is awaited.
pub fn read(
    call: &Call<ReconcilePortfolio>,
    text: Arc<String>,
) -> Result<impl Future<Output = Result<Source, Problem>>, Problem> {
    let place = place_of(call, text)?;
    let accounts = call.query.accounts.0.clone();
    let state = call.state.clone();
    Ok(async move {
        let commit = match &place {
            // Nothing says that a body lies in the repository of the service's ledger.
            Place::Body { .. } => None,
            Place::File(_) => state.ledger_head.read().await.commit,
        };
        // On a thread for such work: a long ledger would keep other requests waiting.
        let read = web::block(move || load(&place, accounts, commit)).await;
        read.map_err(Problem::internal)?
            .map_err(|error| match error {
                LedgerFileError::Ledger(faults) => Problem::from(&faults),
                error @ LedgerFileError::File { .. } => Problem::internal(error),
            })
    })
}

enum Place {
    Body { name: String, text: Arc<String> },
    File(PathBuf),
}

fn place_of(call: &Call<ReconcilePortfolio>, text: Arc<String>) -> Result<Place, Problem> {
    // The one language that is read.
    let LedgerFormat::Beancount = call.query.format;
    if !text.is_empty() {
        let name = call.query.name.clone();
        let name = name.unwrap_or_else(|| BODY_NAME.to_owned());
        return Ok(Place::Body { name, text });
    }
    // What differs tells what the ledger holds, which may be others' books.
    if !guard::may(call.principal.as_ref(), access::ADMINISTERS) {
        let advice = "the service's own ledger is for administrators; send the ledger as the body";
        return Err(Problem::new(kinds::PERMISSION_DENIED, advice));
    }
    match &call.state.config.ledger_path {
        Some(path) => Ok(Place::File(path.clone())),
        None => Err(Problem::new(
            kinds::VALIDATION_FAILED,
            "send the ledger as the body: the service is set up with none (ledger.path)",
        )),
    }
}

fn load(
    place: &Place,
    accounts: Vec<String>,
    commit: Option<String>,
) -> Result<Source, LedgerFileError> {
    let (ledger, hash) = match place {
        Place::Body { name, text } => {
            let hash = Sha256::digest(text.as_str());
            let ledger = ledger::parse(name, text)?;
            (ledger, format!("sha256:{}", hex::encode(hash)))
        }
        Place::File(path) => read_ledger_file(path)?,
    };
    let prefixes: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let view = ledger.portfolio(&prefixes, None)?;
    Ok(Source {
        ledger,
        view,
        accounts,
        hash,
        commit,
    })
}
