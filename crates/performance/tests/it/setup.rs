//! Books, packs and ledgers of the tests.

use books::import::{LedgerImport, import_ledger};
use chrono::NaiveDate;
use db::Tx;
use entity::{performance::reconciliation, pricing::pack, values::PortfolioId};
use identity::Ctx;
use ledger::{Ledger, PortfolioView};
use performance::{
    Error,
    reconciliation::{Difference, DifferenceKind, FirstDifference, Keep, LedgerSide, reconcile},
};

/// The day of all packs.
pub const DAY: &str = "2024-12-31";
pub const POLICY: &str = "WM4PM_CAD";

/// Accounts, and what is at the beginning of every ledger here.
const HEAD: &str = r#"
option "operating_currency" "USD"
2024-01-01 open Assets:Broker:Cash
2024-01-01 open Assets:Broker:NKE NKE "FIFO"
2024-01-01 open Assets:Broker:BTI BTI "FIFO"
2024-01-01 open Income:Dividends
2024-01-01 open Income:Gains
2024-01-01 open Equity:Opening
"#;

pub const HEAD_LINES: usize = 8;

/// Ten NKE bought at 50 from a deposit of 1,000.
pub const BOOKS: &str = r#"
2024-01-02 * "Deposit"
  Assets:Broker:Cash   1000 USD
  Equity:Opening
2024-01-03 * "Buy"
  Assets:Broker:NKE      10 NKE {50 USD}
  Assets:Broker:Cash   -500 USD
"#;

pub const PRICES: &str = "2024-12-30 price NKE 10000 USD\n";

/// A ledger, and what of it is the portfolio.
pub struct Source {
    pub ledger: Ledger,
    pub view: PortfolioView,
    accounts: Vec<String>,
}

impl Source {
    /// `text` is what follows the accounts.
    pub fn parse(text: &str) -> Self {
        let ledger = ledger::parse("test.beancount", &format!("{HEAD}{text}"));
        let ledger = ledger.unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        Self::of(ledger, "Assets:Broker")
    }

    pub fn of(ledger: Ledger, account: &str) -> Self {
        let view = ledger.portfolio(&[account], None);
        Self {
            view: view.unwrap_or_else(|faults| panic!("{faults}")),
            ledger,
            accounts: vec![account.to_owned()],
        }
    }

    pub fn side(&self) -> LedgerSide<'_> {
        LedgerSide {
            ledger: &self.ledger,
            view: &self.view,
            accounts: &self.accounts,
            hash: "sha256:00",
            commit: Some("c0ffee"),
        }
    }
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub async fn import(ctx: &Ctx, name: &str, source: &Source) -> PortfolioId {
    let request = LedgerImport {
        portfolio_name: name.to_owned(),
        base_currency: Some("USD".to_owned()),
        file_hash: "sha256:00".to_owned(),
        ledger_commit_hash: Some("before".to_owned()),
    };
    let work =
        async |tx: Tx| import_ledger(ctx, &tx, &source.ledger, &source.view, request.clone()).await;
    let report = ctx.database.write(work).await.unwrap();
    report.portfolio_id.unwrap()
}

/// A warming pack of a ledger's prices.
pub async fn pack(ctx: &Ctx, source: &Source, asof: &str) -> pack::Model {
    let work = async |tx: Tx| {
        pricing::build::from_ledger(ctx, &tx, &source.ledger, day(asof), POLICY).await
    };
    ctx.database.write(work).await.unwrap()
}

pub async fn pack_now(ctx: &Ctx, id: &str) -> pack::Model {
    let found = pricing::packs::find(ctx, ctx.database.reader(), id).await;
    found.unwrap()
}

pub async fn try_reconcile(
    ctx: &Ctx,
    portfolio: PortfolioId,
    pack: &str,
    source: &Source,
    keep: Keep,
) -> Result<reconciliation::Model, Error> {
    let work = async |tx: Tx| reconcile(ctx, &tx, portfolio, pack, source.side(), keep).await;
    ctx.database.write(work).await
}

pub async fn reconciled(
    ctx: &Ctx,
    portfolio: PortfolioId,
    pack: &str,
    source: &Source,
    keep: Keep,
) -> reconciliation::Model {
    let row = try_reconcile(ctx, portfolio, pack, source, keep)
        .await
        .unwrap();
    let stored = performance::reconciliation::find(ctx, ctx.database.reader(), portfolio, row.id);
    let stored = stored.await.unwrap();
    // An instant is stored in microseconds.
    let created_at = stored.created_at;
    assert_eq!(stored, reconciliation::Model { created_at, ..row });
    stored
}

/// What comes of books and prices of `ours` beside the ledger `theirs`.
pub async fn outcome(ctx: &Ctx, ours: &str, theirs: &str) -> reconciliation::Model {
    let (ours, theirs) = (Source::parse(ours), Source::parse(theirs));
    let portfolio = import(ctx, "Broker", &ours).await;
    let pack = pack(ctx, &ours, DAY).await;
    reconciled(ctx, portfolio, &pack.id, &theirs, Keep::WithPortfolio).await
}

pub fn differences(row: &reconciliation::Model) -> Vec<Difference> {
    serde_json::from_value(row.differences.clone()).unwrap()
}

pub fn kinds(row: &reconciliation::Model) -> Vec<DifferenceKind> {
    differences(row).iter().map(|one| one.kind).collect()
}

pub fn first(row: &reconciliation::Model) -> Option<FirstDifference> {
    let json = row.first_difference.clone()?;
    Some(serde_json::from_value(json).unwrap())
}

pub fn error(row: &reconciliation::Model) -> Option<String> {
    row.error_bps.map(|error| error.to_string())
}
