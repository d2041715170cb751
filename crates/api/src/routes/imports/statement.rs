//! Files of transactions.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use books::{
    import::statement::{Source, Statement, import_statement},
    portfolios,
    statements::{Format, Mapping},
};
use db::Tx;
use entity::values::PortfolioId;
use identity::Ctx;

use super::{ImportLedger, ImportReportOut};
use crate::{answer::Answer, extract::Call, idempotency, problem::Problem};

pub(super) async fn import(
    call: &Call<ImportLedger>,
    id: PortfolioId,
    format: Format,
    text: &Arc<String>,
) -> Result<HttpResponse, Problem> {
    let ctx = &call.ctx;
    portfolios::find(ctx, ctx.database.reader(), id).await?;
    let read = read(format, call.query.mapping.clone(), Arc::clone(text));
    if call.query.dry_run {
        let statement = read.await?;
        let rehearsal = async |tx: Tx| -> Result<_, Problem> {
            Ok(import_statement(ctx, &tx, id, &statement, &|_| {}).await?)
        };
        let report = ctx.database.rehearse(rehearsal).await?;
        return Ok(Answer::ok(&ImportReportOut::new(report, true))?.into());
    }
    idempotency::prepare_and_create(
        call,
        text.as_bytes(),
        read,
        async |statement: &Statement, ctx: &Ctx, tx: &Tx| {
            let report = import_statement(ctx, tx, id, statement, &|_| {}).await?;
            let location = report.import_id.map(|id| format!("/v1/imports/{id}"));
            let out = ImportReportOut::new(report, false);
            let answer = match location {
                Some(location) => Answer::created(location, &out),
                None => Answer::ok(&out),
            };
            Ok(answer?
                .noting("portfolio_id", id.to_string())
                .noting("file_hash", statement.file_hash.clone()))
        },
    )
    .await
}

/// On a thread for such work: a long file would keep other requests waiting.
fn read(
    format: Format,
    mapping: Option<String>,
    text: Arc<String>,
) -> impl Future<Output = Result<Statement, Problem>> + use<> {
    let read = move || -> Result<Statement, Problem> {
        let mapping = mapping
            .map(|mapping| mapping.parse::<Mapping>())
            .transpose();
        let mapping =
            mapping.map_err(|fault| Problem::unfit_parameter("mapping", fault.to_string()))?;
        Ok(Statement::read(format, mapping, Source::Text(text))?)
    };
    async { web::block(read).await.map_err(Problem::internal)? }
}
