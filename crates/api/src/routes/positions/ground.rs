//! What a valuation is made from: found before anything is valued, and shared by all who ask at once.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use db::{ConnectionTrait, Database};
use entity::{books::portfolio, pricing::pack, values::PortfolioId};
use identity::{Clock, Ctx};
use performance::{ENGINE_VERSION, LedgerHead};

use crate::{
    LedgerHeadReader,
    caller::{Caller, shared_ctx},
    etag::Etag,
    problem::Problem,
    routes::pack_choice::{named_or_latest, no_fresh_pack},
    shared_reads::SharedReads,
};

/// Which valuation is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    pub caller: Caller,
    pub portfolio: PortfolioId,
    pub pack_id: Option<String>,
    pub asof: Option<NaiveDate>,
    pub known_at: Option<DateTime<Utc>>,
}

/// What it is made from.
#[derive(Clone, Debug)]
pub struct Ground {
    pub portfolio: PortfolioId,
    pub pack: pack::Model,
    pub asof: NaiveDate,
    /// The revision of the books that was known then; `None` for the newest.
    pub known_revision: Option<i64>,
    pub head: LedgerHead,
    pub etag: Etag,
}

pub type Grounds = SharedReads<Question, Result<Arc<Ground>, Problem>>;

pub fn share_grounds(
    database: Database,
    clock: Clock,
    ledger_head: Arc<LedgerHeadReader>,
) -> Grounds {
    SharedReads::start(move |question: Question| {
        let ctx = shared_ctx(question.caller, &database, clock);
        let ledger_head = Arc::clone(&ledger_head);
        async move { find(&ctx, &ledger_head, question).await.map(Arc::new) }
    })
}

async fn find(
    ctx: &Ctx,
    ledger_head: &LedgerHeadReader,
    question: Question,
) -> Result<Ground, Problem> {
    let (own, shared) = (ctx.database.reader(), ctx.shared());
    let (portfolio, pack) = tokio::join!(
        books::portfolios::find(ctx, own, question.portfolio),
        choose_pack(ctx, &shared, &question),
    );
    let (portfolio, pack) = (portfolio?, pack?);
    let known_revision = match question.known_at {
        Some(instant) => {
            Some(books::booked::revision_at(ctx, ctx.database.reader(), &portfolio, instant).await?)
        }
        None => None,
    };
    let portfolio = as_known(portfolio, known_revision);
    let asof = question.asof.unwrap_or(pack.asof_date);
    let head = ledger_head.read().await;
    let etag = etag_of(&portfolio, &pack, asof, &head);
    Ok(Ground {
        portfolio: portfolio.id,
        pack,
        asof,
        known_revision,
        head,
        etag,
    })
}

/// The portfolio as it was at a revision: what is valued, named and tagged is that of its books then.
pub fn as_known(portfolio: portfolio::Model, revision: Option<i64>) -> portfolio::Model {
    let newest = portfolio.books_revision;
    portfolio::Model {
        books_revision: revision.map_or(newest, |known| known.min(newest)),
        ..portfolio
    }
}

async fn choose_pack(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    question: &Question,
) -> Result<pack::Model, Problem> {
    let asof = question.asof.unwrap_or_else(|| ctx.today());
    let chosen = named_or_latest(ctx, db, question.pack_id.as_deref(), asof).await?;
    chosen.ok_or_else(|| no_fresh_pack(asof))
}

/// Everything that the figures, or the words beside them, are made from.
pub fn etag_of(
    portfolio: &portfolio::Model,
    pack: &pack::Model,
    asof: NaiveDate,
    head: &LedgerHead,
) -> Etag {
    Etag::of_parts(&[
        pack.hash.as_deref().unwrap_or_default(),
        &pack.id,
        pack.status.as_str(),
        &portfolio.user_id.to_string(),
        &portfolio.id.to_string(),
        &portfolio.base_currency,
        &portfolio.books_revision.to_string(),
        &asof.to_string(),
        head.commit.as_deref().unwrap_or_default(),
        head.warning.as_deref().unwrap_or_default(),
        ENGINE_VERSION,
    ])
}
