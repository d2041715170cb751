//! The statements that mend a difference.

mod change;

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
        Kind::Column => change::column(expected, found),
        Kind::Table => change::table(expected, found),
        Kind::Enum => change::enum_type(expected, found),
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

fn rebuild(table: &str) -> Fix {
    Fix::Advice(format!(
        "rebuild table {} (docs/drift.md, \"Rebuild a table\"), or restore a backup",
        quote(table)
    ))
}
