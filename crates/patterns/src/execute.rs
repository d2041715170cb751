//! Running a pattern and storing what came out.

use std::time::Instant;

use chrono::NaiveDate;
use db::{ConnectionTrait, Tx};
use entity::{
    execution,
    pricing::pack,
    values::{ExecutionId, PortfolioId, SecurityId},
};
use identity::Ctx;
use performance::{ENGINE_VERSION, LedgerHead, valuation::Warning};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Map, Value, json};

use crate::{
    Error,
    gate::{Wanted, choose_pack},
    hash::hash_json,
    holding_deep_dive,
    inputs::Run,
    portfolio_overview,
};

/// What a caller asks for.
#[derive(Clone, Debug)]
pub struct ExecuteRequest {
    pub pattern_id: String,
    pub inputs: Map<String, Value>,
    pub portfolio_id: Option<PortfolioId>,
    pub security_id: Option<SecurityId>,
    /// The date of the books; also the last date of a pack. Default: the chosen pack's date.
    pub asof_date: Option<NaiveDate>,
    pub pack_id: Option<String>,
    pub require_fresh: bool,
}

/// What a run gives before it is stored.
pub(crate) struct Outcome {
    pub result: Value,
    pub warnings: Vec<Value>,
    pub books_revision: i64,
}

/// Where a run looks: one pack, one date, one revision of the books.
pub(crate) struct Ground<'a> {
    pub pack: &'a pack::Model,
    pub asof: NaiveDate,
    /// `None`: the books as they are now.
    pub revision: Option<i64>,
}

/// Runs a pattern on one snapshot of the database and stores the execution.
pub async fn execute(
    ctx: &Ctx,
    request: ExecuteRequest,
    ledger_head: LedgerHead,
) -> Result<execution::Model, Error> {
    let execution = run(ctx, request, ledger_head).await?;
    store_alone(ctx, &execution).await?;
    Ok(execution)
}

/// Runs a pattern on one snapshot of the database; whoever asked [`store`]s what came out.
pub async fn run(
    ctx: &Ctx,
    request: ExecuteRequest,
    ledger_head: LedgerHead,
) -> Result<execution::Model, Error> {
    let started = Instant::now();
    let run = Run::read(&request)?;
    let reading = (ctx.clone(), request.clone());
    let (pack, asof, mut outcome) = ctx
        .database
        .read(async |tx: Tx| -> Result<_, Error> {
            let (ctx, request) = &reading;
            require_portfolio(ctx, &tx, run.portfolio()).await?;
            let wanted = Wanted {
                pack_id: request.pack_id.as_deref(),
                asof: request.asof_date,
                require_fresh: request.require_fresh,
            };
            let pack = choose_pack(ctx, &tx, &wanted).await?;
            let asof = request.asof_date.unwrap_or(pack.asof_date);
            let ground = Ground {
                pack: &pack,
                asof,
                revision: None,
            };
            let outcome = run_on(ctx, &tx, run, &ground).await?;
            Ok((pack, asof, outcome))
        })
        .await?;
    outcome
        .warnings
        .extend(ledger_head.as_warning().as_ref().map(warning));
    let inputs = normalized(&request, asof, &pack);
    Ok(execution::Model {
        user_id: ctx.scope,
        id: ExecutionId::new(),
        portfolio_id: Some(run.portfolio()),
        pattern_id: request.pattern_id,
        actor: ctx.actor.to_string(),
        inputs_hash: hash_json(&inputs)?,
        inputs,
        asof_date: asof,
        pack_hash: pack.hash.unwrap_or_default(),
        pack_id: pack.id,
        ledger_commit_hash: ledger_head.commit,
        books_revision: outcome.books_revision,
        engine_version: ENGINE_VERSION.to_owned(),
        result_hash: hash_json(&outcome.result)?,
        result: outcome.result,
        warnings: Value::Array(outcome.warnings),
        duration_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        replay_of: None,
        created_at: ctx.now(),
    })
}

/// The request with its defaults filled in: what a replay starts from.
fn normalized(request: &ExecuteRequest, asof: NaiveDate, pack: &pack::Model) -> Value {
    json!({
        "pattern_id": request.pattern_id,
        "inputs": request.inputs,
        "portfolio_id": request.portfolio_id,
        "security_id": request.security_id,
        "asof_date": asof,
        "pack_id": pack.id,
        "require_fresh": request.require_fresh,
    })
}

async fn require_portfolio(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: PortfolioId,
) -> Result<entity::books::portfolio::Model, Error> {
    books::portfolios::find(ctx, db, id)
        .await
        .map_err(|error| match error {
            books::Error::PortfolioNotFound { .. } => Error::PortfolioNotFound { id },
            other => other.into(),
        })
}

pub(crate) async fn run_on(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    run: Run,
    ground: &Ground<'_>,
) -> Result<Outcome, Error> {
    let portfolio = require_portfolio(ctx, db, run.portfolio()).await?;
    let revision = ground.revision.unwrap_or(portfolio.books_revision);
    let valuation = performance::positions(
        ctx,
        db,
        &portfolio,
        ground.pack,
        ground.asof,
        Some(revision),
    )
    .await?;
    let mut result = match run {
        Run::PortfolioOverview { largest, .. } => {
            portfolio_overview::overview(&valuation, largest)?
        }
        Run::HoldingDeepDive { security, .. } => {
            let asof = books::holdings::AsOf {
                date: ground.asof,
                revision: Some(revision),
            };
            holding_deep_dive::deep_dive(ctx, db, &valuation, portfolio.id, security, asof).await?
        }
    };
    if let Value::Object(result) = &mut result {
        result.insert("portfolio_id".to_owned(), json!(portfolio.id));
        result.insert("asof_date".to_owned(), json!(ground.asof));
        result.insert("pricing_pack_id".to_owned(), json!(ground.pack.id));
    }
    let warnings = valuation.warnings.iter().map(warning).collect();
    Ok(Outcome {
        result,
        warnings,
        books_revision: revision,
    })
}

fn warning(warning: &Warning) -> Value {
    json!({"code": warning.code, "detail": warning.detail})
}

/// Stores a run in the caller's transaction.
pub async fn store(db: &impl ConnectionTrait, execution: &execution::Model) -> Result<(), Error> {
    let row = execution.clone().into_active_model().reset_all();
    execution::Entity::insert(row)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub(crate) async fn store_alone(ctx: &Ctx, execution: &execution::Model) -> Result<(), Error> {
    let execution = execution.clone();
    ctx.database
        .write(async |tx: Tx| store(&tx, &execution).await)
        .await
}
