use api::routes::{
    pack_rows::{FxRateOut, PriceOut},
    pack_steps::PackStepOut,
    packs::PackOut,
};
use entity::pricing::pack;
use identity::Ctx;
use pricing::{
    builds,
    content::{Content, FxRow, PriceRow},
    packs,
};
use serde::Serialize;

use super::nightly;
use crate::{
    cli::pack::PackId,
    error::Error,
    output::{print, print_json},
    table::{Column, or_dash, table},
};

/// A pack with all its rows, each in the form that it has over REST.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    pack: PackOut,
    prices: Vec<PriceOut>,
    fx_rates: Vec<FxRateOut>,
    steps: Vec<PackStepOut>,
}

pub async fn run(ctx: &Ctx, args: PackId) -> Result<(), Error> {
    let within = ctx.clone();
    let work = async |tx: db::Tx| {
        let pack = packs::find(&within, &tx, &args.id).await?;
        let content = packs::content(&within, &tx, &args.id).await?;
        let steps = builds::steps(&within, &tx, &args.id).await?;
        Ok::<_, pricing::Error>((pack, content, steps))
    };
    let (pack, mut content, steps) = ctx.database.read(work).await?;
    content.prices.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    content
        .fx_rates
        .sort_by(|a, b| (&a.base, &a.quote).cmp(&(&b.base, &b.quote)));
    if args.output.json {
        return print_json(&Whole {
            pack: pack.into(),
            prices: content.prices.into_iter().map(PriceOut::from).collect(),
            fx_rates: content.fx_rates.into_iter().map(FxRateOut::from).collect(),
            steps: steps.into_iter().map(PackStepOut::from).collect(),
        });
    }
    let mut parts = vec![summaries(std::slice::from_ref(&pack))];
    parts.extend(restatement(&pack));
    if !steps.is_empty() {
        let lines: Vec<String> = steps.iter().map(nightly::line).collect();
        parts.push(lines.join("\n"));
    }
    parts.extend([prices(&content), rates(&content)]);
    print(&parts.join("\n\n"))
}

/// Whose place the pack takes and which took its own, where there is any.
fn restatement(pack: &pack::Model) -> Option<String> {
    let restates = pack.restates.as_ref().map(|restated| {
        let reason = pack.restatement_reason.as_deref().unwrap_or_default();
        format!("It restates {restated}: {reason}")
    });
    let superseded = packs::superseded_by(pack).map(|by| format!("It is superseded by {by}."));
    let lines: Vec<String> = restates.into_iter().chain(superseded).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

pub fn summaries(packs: &[pack::Model]) -> String {
    let columns = ["pack", "day", "policy", "status", "hash"].map(Column::Words);
    let row = |pack: &pack::Model| {
        vec![
            pack.id.clone(),
            pack.asof_date.to_string(),
            pack.policy.clone(),
            pack.status.to_string(),
            or_dash(pack.hash.as_ref().or(pack.error_message.as_ref())),
        ]
    };
    table(&columns, packs.iter().map(row))
}

fn prices(content: &Content) -> String {
    let columns = [
        Column::Words("security"),
        Column::Numbers("close"),
        Column::Words("in"),
        Column::Words("source"),
    ];
    let row = |row: &PriceRow| {
        vec![
            row.symbol.clone(),
            row.close.to_string(),
            row.currency.clone(),
            row.source.clone(),
        ]
    };
    table(&columns, content.prices.iter().map(row))
}

fn rates(content: &Content) -> String {
    let columns = [
        Column::Words("pair"),
        Column::Numbers("rate"),
        Column::Words("source"),
    ];
    let row = |row: &FxRow| {
        let pair = format!("{}/{}", row.base, row.quote);
        vec![pair, row.rate.to_string(), row.source.clone()]
    };
    table(&columns, content.fx_rates.iter().map(row))
}
