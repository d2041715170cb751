//! Migrations without a transaction, which begin anew after a failure.

use super::{Broken, Context, Rule};
use crate::lint::read::act::{Act, Change, WriteKind};

pub fn judge(act: &Act, context: &Context<'_>, found: &mut Vec<Broken>) {
    if context.step.in_transaction || context.alone || repeatable(act, context) {
        return;
    }
    found.push(Broken::new(
        Rule::NotRepeatable,
        format!(
            "{} fails or works twice when the migration runs again after one of its other \
             statements failed",
            named(act)
        ),
        "use the IF EXISTS or IF NOT EXISTS form, or give it a migration of its own",
    ));
}

fn repeatable(act: &Act, context: &Context<'_>) -> bool {
    match act {
        Act::CreateTable(new) => new.if_not_exists || new.temporary,
        Act::AlterTable { changes, .. } => changes
            .iter()
            .all(|change| repeatable_change(change, changes)),
        Act::CreateIndex(index) => {
            let dropped = &context.told.dropped_indexes;
            index.if_not_exists
                || index
                    .name
                    .as_ref()
                    .is_some_and(|name| dropped.contains(name))
        }
        Act::DropIndex { if_exists, .. }
        | Act::Drop { if_exists, .. }
        | Act::DropPolicy { if_exists, .. }
        | Act::DropTrigger { if_exists, .. } => *if_exists,
        Act::CreateView {
            replace,
            if_not_exists,
            ..
        } => *replace || *if_not_exists,
        Act::CreateTrigger { replace, .. } => *replace,
        Act::Rename { .. } | Act::CreatePolicy { .. } => false,
        Act::Write(write) => write.limited || write.kind == WriteKind::Delete,
        Act::Make { repeatable, .. } | Act::Role { repeatable, .. } | Act::Other { repeatable } => {
            *repeatable
        }
        _ => true,
    }
}

fn repeatable_change(change: &Change, beside: &[Change]) -> bool {
    match change {
        Change::AddColumn { if_not_exists, .. } => *if_not_exists,
        Change::DropColumn { if_exists, .. } | Change::DropConstraint { if_exists, .. } => {
            *if_exists
        }
        Change::AddConstraint { constraint, .. } => beside.iter().any(|change| {
            matches!(change, Change::DropConstraint { name, if_exists: true, .. }
                if *name == constraint.name)
        }),
        Change::AddIdentity(_)
        | Change::RenameColumn { .. }
        | Change::RenameTable(_)
        | Change::RenameConstraint { .. }
        | Change::AttachPartition(_)
        | Change::DetachPartition { .. } => false,
        _ => true,
    }
}

fn named(act: &Act) -> String {
    match act {
        Act::CreateTable(new) => format!("creating {}", new.name),
        Act::AlterTable { table, .. } => format!("this change of {table}"),
        Act::CreateIndex(index) => format!("building an index on {}", index.table),
        Act::DropIndex { names, .. } | Act::Drop { names, .. } => {
            format!("dropping {}", names.join(", "))
        }
        Act::Rename { from, .. } => format!("renaming {from}"),
        Act::CreateView { name, .. } => format!("creating {name}"),
        Act::CreatePolicy { table, .. } | Act::DropPolicy { table, .. } => {
            format!("this policy of {table}")
        }
        Act::CreateTrigger { table, .. } | Act::DropTrigger { table, .. } => {
            format!("this trigger of {table}")
        }
        Act::Write(write) => format!("this write of {}", write.table),
        _ => "this statement".to_owned(),
    }
}
