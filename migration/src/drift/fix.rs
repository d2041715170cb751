//! The statements that mend a difference.

use db::Engine;

use super::{Difference, Fix, What};
use crate::catalogue::{Kind, NO_ROW_SECURITY, Object, Parts, text::quote};

/// An object that is not there, with what hangs on it.
pub fn missing(engine: Engine, object: &Object, hanging: &[&Object]) -> Difference {
    let fix = if engine == Engine::Sqlite {
        make_on_sqlite(object, hanging)
    } else {
        make_on_postgres(object, hanging)
    };
    Difference {
        what: What::Missing,
        object: object.key.clone(),
        detail: expected_detail(object),
        fix,
    }
}

fn expected_detail(object: &Object) -> String {
    match object.key.kind {
        Kind::Table | Kind::Function | Kind::View | Kind::Grant => String::new(),
        _ => format!("expected {}", object.definition),
    }
}

fn make_on_postgres(object: &Object, hanging: &[&Object]) -> Fix {
    let comes_by_itself = |part: &Object| {
        let with_table = object.key.kind == Kind::Table && part.key.kind == Kind::Column;
        with_table || (part.key.kind == Kind::RowSecurity && part.definition == NO_ROW_SECURITY)
    };
    let also = hanging.iter().filter(|part| !comes_by_itself(part));
    let mut statements = vec![object.create.clone()];
    statements.extend(also.map(|part| part.create.clone()));
    // A function is born with EXECUTE for everybody.
    let is_public = |part: &&Object| part.key.name == "EXECUTE to PUBLIC";
    if object.key.kind == Kind::Function && !hanging.iter().any(is_public) {
        let function = object.drop.replacen("DROP", "REVOKE EXECUTE ON", 1);
        statements.push(format!("{function} FROM PUBLIC"));
    }
    Fix::Sql(statements.join("; "))
}

/// SQLite's constraints and columns come with their table, and ADD COLUMN takes what it can.
fn make_on_sqlite(object: &Object, hanging: &[&Object]) -> Fix {
    let written_inside =
        |part: &&&Object| part.key.kind == Kind::Column || part.key.kind.is_constraint();
    let cannot_be_added = match &object.parts {
        Parts::Column {
            nullable, default, ..
        } => {
            (!nullable && default.is_none())
                || hanging.iter().filter(written_inside).any(|part| {
                    matches!(part.key.kind, Kind::PrimaryKey | Kind::Unique)
                        || part.columns.len() != 1
                })
        }
        _ => object.key.kind.is_constraint(),
    };
    if cannot_be_added {
        return rebuild(&object.key.table);
    }
    let also = hanging.iter().filter(|part| !written_inside(part));
    let mut statements = vec![object.create.clone()];
    statements.extend(also.map(|part| part.create.clone()));
    Fix::Sql(statements.join("; "))
}

/// An object that nobody asked for. What hangs on it goes with it.
pub fn unexpected(engine: Engine, object: &Object, hanging: &[&Object]) -> Difference {
    let fix = match (engine, object.key.kind) {
        (Engine::Sqlite, kind) if kind.is_constraint() => rebuild(&object.key.table),
        (Engine::Sqlite, Kind::Column)
            if hanging.iter().any(|part| part.key.kind.is_constraint()) =>
        {
            rebuild(&object.key.table)
        }
        (Engine::Sqlite, Kind::Column) => {
            let first = hanging.iter().map(|part| part.drop.as_str());
            let statements: Vec<&str> = first.chain([object.drop.as_str()]).collect();
            Fix::Sql(statements.join("; "))
        }
        _ => Fix::Sql(object.drop.clone()),
    };
    let detail = match object.key.kind {
        Kind::Table | Kind::Function | Kind::View | Kind::Grant => String::new(),
        _ => format!("found {}", object.definition),
    };
    Difference {
        what: What::Unexpected,
        object: object.key.clone(),
        detail,
        fix,
    }
}

/// A table that has the columns of a partitioned one, and so most likely its rows.
pub fn detached(table: &Object, parent: &str) -> Difference {
    let (name, parent) = (quote(&table.key.name), quote(parent));
    Difference {
        what: What::Unexpected,
        object: table.key.clone(),
        detail: format!("it has the columns of {parent}, and may have been a partition of it"),
        fix: Fix::Advice(format!(
            "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM … TO …, or, if its rows \
             are kept elsewhere, {}",
            table.drop
        )),
    }
}

/// An object that is there and says something else.
pub fn different(engine: Engine, expected: &Object, found: &Object) -> Difference {
    Difference {
        what: What::Different,
        object: expected.key.clone(),
        detail: detail(expected, found),
        fix: change(engine, expected, found),
    }
}

fn detail(expected: &Object, found: &Object) -> String {
    if expected.key.kind != Kind::Function {
        return format!(
            "expected {}, found {}",
            expected.definition, found.definition
        );
    }
    let lines = expected.definition.lines().zip(found.definition.lines());
    let first = lines
        .map(|(expected, found)| (expected.trim(), found.trim()))
        .find(|(expected, found)| expected != found);
    match first {
        Some((expected, found)) => format!("expected `{expected}`, found `{found}`"),
        None => "one is longer than the other".to_owned(),
    }
}

fn change(engine: Engine, expected: &Object, found: &Object) -> Fix {
    let kind = expected.key.kind;
    let in_table = kind == Kind::Table || kind == Kind::Column || kind.is_constraint();
    if engine == Engine::Sqlite && in_table {
        return rebuild(&expected.key.table);
    }
    let again = || Fix::Sql(format!("{}; {}", found.drop, expected.create));
    match kind {
        Kind::Column => change_column(expected, found),
        Kind::Table => change_table(expected, found),
        Kind::Enum => change_enum(expected, found),
        Kind::Sequence => Fix::Sql(expected.create.replacen("CREATE", "ALTER", 1)),
        Kind::Trigger => match found.definition.strip_prefix(&expected.definition) {
            Some(_state) => Fix::Sql(format!(
                "ALTER TABLE {} ENABLE TRIGGER {}",
                quote(&expected.key.table),
                quote(&expected.key.name)
            )),
            None => again(),
        },
        Kind::Grant if expected.definition == "GRANTED" => {
            let option = found.drop.replacen("REVOKE", "REVOKE GRANT OPTION FOR", 1);
            Fix::Sql(option)
        }
        Kind::RowSecurity | Kind::Function | Kind::Grant => Fix::Sql(expected.create.clone()),
        _ if format!("{} NOT VALID", expected.definition) == found.definition => Fix::Sql(format!(
            "ALTER TABLE {} VALIDATE CONSTRAINT {}",
            quote(&expected.key.table),
            quote(&expected.key.name)
        )),
        _ => again(),
    }
}

fn change_column(expected: &Object, found: &Object) -> Fix {
    let (
        Parts::Column {
            data_type,
            nullable,
            default,
            automatic,
        },
        Parts::Column {
            data_type: found_type,
            nullable: found_nullable,
            default: found_default,
            automatic: found_automatic,
        },
    ) = (&expected.parts, &found.parts)
    else {
        return rebuild(&expected.key.table);
    };
    let column = quote(&expected.key.name);
    let mut changes = Vec::new();
    if data_type != found_type {
        if found_default.is_some() {
            changes.push("DROP DEFAULT".to_owned());
        }
        changes.push(format!("TYPE {data_type} USING {column}::{data_type}"));
    }
    if default != found_default || (data_type != found_type && default.is_some()) {
        changes.push(match default {
            Some(default) => format!("SET DEFAULT {default}"),
            None => "DROP DEFAULT".to_owned(),
        });
    }
    if nullable != found_nullable {
        changes.push(format!(
            "{} NOT NULL",
            if *nullable { "DROP" } else { "SET" }
        ));
    }
    changes.dedup();
    if changes.is_empty() || automatic != found_automatic {
        return Fix::Advice(format!(
            "no one statement turns one into the other: make column {column} anew and copy its \
             values (docs/drift.md)"
        ));
    }
    let table = quote(&expected.key.table);
    let statements: Vec<String> = changes
        .iter()
        .map(|change| format!("ALTER TABLE {table} ALTER COLUMN {column} {change}"))
        .collect();
    Fix::Sql(statements.join("; "))
}

fn change_table(expected: &Object, found: &Object) -> Fix {
    let logged = |object: &Object| object.definition.replacen("UNLOGGED ", "", 1);
    if logged(expected) != logged(found) {
        return rebuild(&expected.key.table);
    }
    let state = if expected.definition.starts_with("UNLOGGED") {
        "UNLOGGED"
    } else {
        "LOGGED"
    };
    Fix::Sql(format!(
        "ALTER TABLE {} SET {state}",
        quote(&expected.key.table)
    ))
}

/// PostgreSQL adds words to an enum type and takes none away.
fn change_enum(expected: &Object, found: &Object) -> Fix {
    let words = |object: &Object| -> Vec<String> {
        let inner = object.definition.trim_start_matches("AS ENUM (");
        let inner = inner.trim_end_matches(')');
        inner.split(", ").map(str::to_owned).collect()
    };
    let (expected_words, found_words) = (words(expected), words(found));
    let kept = |word: &&String| found_words.contains(word);
    if !expected_words.iter().filter(kept).eq(found_words.iter()) {
        return Fix::Advice(format!(
            "type {} holds words that cannot be taken away: make it anew (docs/drift.md)",
            quote(&expected.key.name)
        ));
    }
    let mut statements = Vec::new();
    for (at, word) in expected_words.iter().enumerate() {
        if !found_words.contains(word) {
            let place = match at.checked_sub(1) {
                Some(before) => format!("AFTER {}", expected_words[before]),
                None => format!("BEFORE {}", found_words[0]),
            };
            let name = quote(&expected.key.name);
            statements.push(format!("ALTER TYPE {name} ADD VALUE {word} {place}"));
        }
    }
    Fix::Sql(statements.join("; "))
}

fn rebuild(table: &str) -> Fix {
    Fix::Advice(format!(
        "rebuild table {} (docs/drift.md, \"Rebuild a table\"), or restore a backup",
        quote(table)
    ))
}
