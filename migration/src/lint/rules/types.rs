//! Types that a column of this product never has.

use super::{Broken, Context, Rule};
use crate::lint::read::act::{Act, Change};

pub fn judge(act: &Act, _context: &Context<'_>, found: &mut Vec<Broken>) {
    match act {
        Act::CreateTable(new) => {
            for column in &new.columns {
                column_type(&new.name, &column.name, &column.kind, found);
            }
        }
        Act::AlterTable { table, changes } => {
            for change in changes {
                match change {
                    Change::AddColumn { column, .. } => {
                        column_type(table, &column.name, &column.kind, found);
                    }
                    Change::SetType { column, kind } => column_type(table, column, kind, found),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn column_type(table: &str, column: &str, kind: &str, found: &mut Vec<Broken>) {
    let (rule, instead) = match without_length(kind).as_str() {
        "smallint" | "int2" | "int" | "integer" | "int4" => {
            (Rule::TypeInt4, "bigint for counts, uuid for ids")
        }
        "serial" | "serial2" | "serial4" | "serial8" | "smallserial" | "bigserial" => {
            (Rule::TypeInt4, "uuid: the program makes the ids (UUIDv7)")
        }
        "varchar" | "character varying" | "char" | "character" | "bpchar" | "char varying"
        | "nchar" | "nvarchar" => (
            Rule::TypeVarchar,
            "text, with CHECK (length(…) <= n) where there is a limit",
        ),
        "timestamp" | "timestamp without time zone" | "datetime" => {
            (Rule::TypeTimestamp, "timestamptz")
        }
        "time with time zone" | "timetz" => {
            (Rule::TypeTimestamp, "timestamptz, or time without a zone")
        }
        "money" => (Rule::TypeMoney, "numeric, and a column for the currency"),
        "real" | "float4" | "double precision" | "double" | "float8" | "float" => {
            (Rule::TypeFloat, "numeric")
        }
        _ => return,
    };
    found.push(Broken::new(
        rule,
        format!("{table}.{column} is {kind}"),
        instead,
    ));
}

/// `timestamp(3) with time zone[]` as `timestamp with time zone`.
fn without_length(kind: &str) -> String {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for letter in kind.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    let words: Vec<&str> = kept.split_whitespace().collect();
    words.join(" ")
}
