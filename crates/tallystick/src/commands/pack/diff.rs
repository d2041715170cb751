use std::collections::BTreeMap;

use api::routes::pack_diff::DiffOut;
use identity::Ctx;
use performance::{
    Effects,
    effect::{Cause, Effect},
};
use pricing::{
    content::{Change, RowChange, RowKey},
    packs,
};

use crate::{
    cli::pack::PackDiff,
    commands::positions::find_portfolio,
    error::Error,
    output::{print, print_json},
    table::{Column, or_dash, table},
};

pub async fn run(ctx: &Ctx, args: PackDiff) -> Result<(), Error> {
    let work = async |tx: db::Tx| {
        let diff = packs::diff(ctx, &tx, &args.old, &args.new).await?;
        let Some(name) = &args.portfolio else {
            return Ok((diff, None));
        };
        let portfolio = find_portfolio(ctx, &tx, name).await?;
        let asof = diff.new.asof_date;
        let effects = performance::effects(ctx, &tx, &portfolio, &diff, asof).await?;
        Ok::<_, Error>((diff, Some((portfolio.id, effects))))
    };
    let (diff, effects) = ctx.database.read(work).await?;
    if args.output.json {
        let rows = diff.changes.clone();
        return print_json(&DiffOut::new(&diff, rows, None, effects));
    }
    let mut parts = vec![if diff.changes.is_empty() {
        format!("{} and {} hold the same.", args.old, args.new)
    } else {
        rows(&diff.changes)
    }];
    parts.extend(effects.map(|(_, effects)| effect_table(&effects)));
    print(&parts.join("\n\n"))
}

fn rows(changes: &[RowChange]) -> String {
    let columns = [
        Column::Words("row"),
        Column::Words("what"),
        Column::Words("member"),
        Column::Numbers("old"),
        Column::Numbers("new"),
    ];
    table(&columns, changes.iter().flat_map(lines))
}

fn lines(row: &RowChange) -> Vec<Vec<String>> {
    let line = |what: &str, member: &str, old: Option<&String>, new: Option<&String>| {
        let (what, member) = (what.to_owned(), member.to_owned());
        vec![name(&row.key), what, member, or_dash(old), or_dash(new)]
    };
    // Of a row that is in one pack alone, the figure says enough.
    let figure = match row.key {
        RowKey::Price { .. } => "close",
        RowKey::Fx { .. } => "rate",
    };
    match &row.change {
        Change::Added(members) => vec![line("added", figure, None, members.get(figure))],
        Change::Removed(members) => vec![line("removed", figure, members.get(figure), None)],
        Change::Changed(fields) => {
            let fields: &BTreeMap<_, _> = fields;
            fields
                .iter()
                .map(|(member, field)| {
                    line("changed", member, field.old.as_ref(), field.new.as_ref())
                })
                .collect()
        }
    }
}

fn effect_table(effects: &Effects) -> String {
    let columns = [
        Column::Words("moved by"),
        Column::Numbers("value, with every digit"),
    ];
    let part = |part: &Effect| {
        let cause = match &part.cause {
            Cause::Row(key) => name(key),
            Cause::Pivot => "another pivot".to_owned(),
        };
        vec![cause, part.amount.to_string()]
    };
    let line = |title: &str, value: String| vec![title.to_owned(), value];
    let whole = [
        line("old value", effects.old_value.to_string()),
        line("new value", effects.new_value.to_string()),
        line("change", effects.change.to_string()),
    ];
    let heading = format!(
        "What was held on {}, in {}",
        effects.asof_date, effects.base_currency
    );
    let rows = effects.parts.iter().map(part).chain(whole);
    format!("{heading}\n\n{}", table(&columns, rows))
}

fn name(key: &RowKey) -> String {
    match key {
        RowKey::Price { symbol } => symbol.clone(),
        RowKey::Fx { base, quote } => format!("{base}/{quote}"),
    }
}
