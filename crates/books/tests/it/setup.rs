//! What the tests need before they begin.

use std::sync::Arc;

use books::{
    Error,
    holdings::{AsOf, Holdings, holdings},
    import::{self, ImportReport, LedgerImport},
    portfolios::{self, NewPortfolio},
    securities::{self, NewSecurity},
};
use chrono::NaiveDate;
use db::Tx;
use entity::{
    books::{portfolio, security},
    identity::user,
    values::{LotMethod, SecurityKind, UserId, UserRole},
};
use identity::{Actor, Ctx};
use ledger::{Ledger, PortfolioView};
use sea_orm::{ActiveModelTrait, Set};

pub fn new_portfolio(name: &str) -> NewPortfolio {
    NewPortfolio {
        name: name.to_owned(),
        base_currency: "USD".to_owned(),
        lot_method: LotMethod::Fifo,
        allows_shorts: false,
        benchmark_security_id: None,
    }
}

pub fn new_security(symbol: &str) -> NewSecurity {
    NewSecurity {
        symbol: symbol.to_owned(),
        name: format!("{symbol} of the test"),
        kind: SecurityKind::Equity,
        currency: "USD".to_owned(),
        exchange: None,
        isin: None,
        figi: None,
        sector: None,
        country: None,
    }
}

/// Runs one service function in a transaction of its own.
pub async fn write<T, F>(
    ctx: &Ctx,
    work: impl FnOnce(Ctx, Tx) -> F + Send + 'static,
) -> Result<T, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let inner = ctx.clone();
    ctx.database
        .write_without_retry(async |tx| work(inner, tx).await)
        .await
}

pub async fn portfolio(ctx: &Ctx, name: &str) -> portfolio::Model {
    let new = new_portfolio(name);
    write(ctx, |ctx, tx| async move {
        portfolios::create(&ctx, &tx, new).await
    })
    .await
    .unwrap()
}

pub async fn security(ctx: &Ctx, symbol: &str) -> security::Model {
    let new = new_security(symbol);
    write(ctx, |ctx, tx| async move {
        securities::create(&ctx, &tx, new).await
    })
    .await
    .unwrap()
}

/// Another owner in the same database.
pub async fn another_owner(ctx: &Ctx) -> Ctx {
    let id = UserId::new();
    let row = user::ActiveModel {
        id: Set(id),
        email: Set(format!("{id}@example.org")),
        display_name: Set("Another".to_owned()),
        role: Set(UserRole::User),
        is_active: Set(true),
        created_at: Set(ctx.now()),
        updated_at: Set(ctx.now()),
        ..Default::default()
    };
    write(ctx, |_, tx| async move {
        row.insert(&tx).await.map_err(Error::from)
    })
    .await
    .unwrap();
    let request_id = ctx.request_id.clone();
    Ctx::new(Actor::user(id), id, request_id, ctx.clock, &ctx.database)
}

/// A ledger and a part of it, to be imported more than once.
#[derive(Clone)]
pub struct Source {
    pub ledger: Arc<Ledger>,
    pub view: Arc<PortfolioView>,
}

impl Source {
    pub fn of(ledger: Ledger, prefixes: &[&str]) -> Self {
        let view = ledger
            .portfolio(prefixes, None)
            .unwrap_or_else(|faults| panic!("{faults}"));
        Self {
            ledger: Arc::new(ledger),
            view: Arc::new(view),
        }
    }

    pub fn parse(text: &str) -> Self {
        let ledger = ledger::parse("test.beancount", text);
        Self::of(
            ledger.unwrap_or_else(|faults| panic!("{faults}\n{text}")),
            &["Assets"],
        )
    }
}

pub fn request(name: &str) -> LedgerImport {
    LedgerImport {
        portfolio_name: name.to_owned(),
        base_currency: None,
        file_hash: "sha256:00".to_owned(),
        ledger_commit_hash: None,
    }
}

pub async fn import(
    ctx: &Ctx,
    source: &Source,
    request: LedgerImport,
) -> Result<ImportReport, Error> {
    let source = source.clone();
    write(ctx, |ctx, tx| async move {
        import::import_ledger(&ctx, &tx, &source.ledger, &source.view, request).await
    })
    .await
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What a portfolio holds after its last transaction.
pub async fn latest(ctx: &Ctx, name: &str) -> Holdings {
    at(ctx, name, "9999-12-31", None).await
}

/// What it held at the end of a day, as it was known at a revision.
pub async fn at(ctx: &Ctx, name: &str, day: &str, revision: Option<i64>) -> Holdings {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find_by_name(ctx, reader, name).await.unwrap();
    let asof = AsOf {
        date: date(day),
        revision,
    };
    holdings(ctx, reader, &portfolio, asof).await.unwrap()
}
