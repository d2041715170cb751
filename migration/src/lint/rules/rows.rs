//! What writes every row of a table at once.

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Broken, Context, Rule};
use crate::lint::read::act::{Act, Change, Column, Generated, WriteKind};

/// Functions that have one value during a transaction, or for the same arguments.
const STEADY: [&str; 22] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "localtimestamp",
    "current_user",
    "session_user",
    "current_setting",
    "lower",
    "upper",
    "length",
    "abs",
    "round",
    "coalesce",
    "nullif",
    "make_interval",
    "make_date",
    "jsonb_build_object",
    "jsonb_build_array",
];

pub fn judge(act: &Act, context: &Context<'_>, found: &mut Vec<Broken>) {
    match act {
        Act::AlterTable { table, changes } if context.existing(table) => {
            for change in changes {
                altered(table, change, found);
            }
        }
        Act::Write(write) if context.existing(&write.table) && !write.limited => {
            let word = match write.kind {
                WriteKind::Update => "UPDATE",
                WriteKind::Delete => "DELETE",
                _ => return,
            };
            found.push(Broken::new(
                Rule::UnboundedWrite,
                format!(
                    "{word} without WHERE writes every row of {} at once",
                    write.table
                ),
                "let the program fill it in batches, each a transaction of its own",
            ));
        }
        Act::Vacuum { tables, full: true } => rewrites(&tables.join(", "), "VACUUM FULL", found),
        Act::Cluster { table } => rewrites(table, "CLUSTER", found),
        _ => {}
    }
}

fn altered(table: &str, change: &Change, found: &mut Vec<Broken>) {
    match change {
        Change::AddColumn { column, .. } => new_column(table, column, found),
        Change::AddIdentity(column) => {
            volatile(&format!("{table}.{column}"), "a number of its own", found);
        }
        Change::Rewrite(words) => rewrites(table, words, found),
        _ => {}
    }
}

fn new_column(table: &str, column: &Column, found: &mut Vec<Broken>) {
    let name = format!("{table}.{}", column.name);
    match column.generated {
        Generated::Stored => found.push(Broken::new(
            Rule::RewritesTable,
            format!("the stored generated column {name} is computed for every row under the lock"),
            "add a plain column and let the program write it, or compute it when it is read",
        )),
        Generated::Identity => volatile(&name, "an identity", found),
        Generated::No if column.kind.contains("serial") => volatile(&name, "a sequence", found),
        Generated::No => {
            if let Some(default) = column.default.as_ref().filter(|default| !steady(default)) {
                volatile(&name, &format!("the default {default}"), found);
            }
        }
    }
}

fn volatile(column: &str, value: &str, found: &mut Vec<Broken>) {
    found.push(Broken::new(
        Rule::VolatileDefault,
        format!("{column} gets {value}, which is computed for every row under the lock"),
        "add the column without a default, SET DEFAULT afterwards, and fill the old rows in batches",
    ));
}

fn rewrites(table: &str, words: &str, found: &mut Vec<Broken>) {
    found.push(Broken::new(
        Rule::RewritesTable,
        format!("{words} writes {table} anew while nobody reads or writes it"),
        "VACUUM without FULL keeps a table in use; move rows to a new table in batches",
    ));
}

/// Whether an expression has one value for all rows. An unknown function counts as one that has not.
fn steady(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) | Expr::TypedString(_) | Expr::Interval(_) => true,
        Expr::Nested(inner)
        | Expr::Cast { expr: inner, .. }
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::AtTimeZone {
            timestamp: inner, ..
        } => steady(inner),
        Expr::BinaryOp { left, right, .. } => steady(left) && steady(right),
        Expr::Array(array) => array.elem.iter().all(steady),
        Expr::Identifier(word) => STEADY.contains(&word.value.to_lowercase().as_str()),
        Expr::Function(function) => {
            STEADY.contains(&function.name.to_string().to_lowercase().as_str())
                && match &function.args {
                    FunctionArguments::None => true,
                    FunctionArguments::Subquery(_) => false,
                    FunctionArguments::List(list) => list.args.iter().all(|argument| {
                        matches!(argument,
                            FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) if steady(inner))
                    }),
                }
        }
        _ => false,
    }
}
