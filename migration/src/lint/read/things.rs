//! Things other than tables: functions, types, roles, and what is said about them.

use sqlparser::ast::{
    AlterFunctionOperation, AlterIndexOperation, AlterTypeOperation, CommentObject, FunctionDesc,
    ObjectName, ObjectType, Statement,
};

use super::{
    act::{Act, Thing},
    ident, name, names,
};

/// Things other than tables: views, functions, types, indexes.
pub fn read(statement: Statement) -> Result<Act, String> {
    let repeatable = |repeatable| Ok(Act::Other { repeatable });
    match statement {
        Statement::Drop {
            object_type,
            if_exists,
            names: dropped,
            cascade,
            ..
        } => Ok(drop_things(object_type, &dropped, if_exists, cascade)),
        Statement::DropFunction(drop) => Ok(Act::Drop {
            thing: Thing::Function,
            names: functions(&drop.func_desc),
            if_exists: drop.if_exists,
            cascade: drop
                .drop_behavior
                .is_some_and(|word| word.to_string() == "CASCADE"),
        }),
        Statement::DropProcedure {
            if_exists,
            proc_desc,
            drop_behavior,
        } => Ok(Act::Drop {
            thing: Thing::Function,
            names: functions(&proc_desc),
            if_exists,
            cascade: drop_behavior.is_some_and(|word| word.to_string() == "CASCADE"),
        }),
        Statement::DropExtension(drop) => Ok(Act::Drop {
            thing: Thing::Other,
            names: drop.names.iter().map(ident).collect(),
            if_exists: drop.if_exists,
            cascade: drop
                .cascade_or_restrict
                .is_some_and(|word| word.to_string() == "CASCADE"),
        }),
        Statement::AlterIndex {
            name: from,
            operation: AlterIndexOperation::RenameIndex { index_name },
        } => Ok(rename(Thing::Index, &from, name(&index_name))),
        Statement::AlterFunction(alter) => Ok(match alter.operation {
            AlterFunctionOperation::RenameTo { new_name } => {
                rename(Thing::Function, &alter.function.name, ident(&new_name))
            }
            _ => Act::Other { repeatable: true },
        }),
        Statement::AlterType(alter) => match alter.operation {
            AlterTypeOperation::Rename(to) => {
                Ok(rename(Thing::Type, &alter.name, ident(&to.new_name)))
            }
            AlterTypeOperation::AddValue(added) => repeatable(added.if_not_exists),
            AlterTypeOperation::RenameValue(value) => Ok(Act::Rename {
                thing: Thing::Other,
                from: value.from.value,
                to: value.to.value,
            }),
        },
        Statement::Comment {
            object_type,
            object_name,
            ..
        } => Ok(Act::Comment {
            table: commented(object_type, &object_name),
            part: false,
        }),
        Statement::CreateFunction(create) => {
            Ok(make(Thing::Function, &create.name, create.or_replace))
        }
        Statement::CreateSequence {
            name,
            if_not_exists,
            ..
        } => Ok(make(Thing::Sequence, &name, if_not_exists)),
        Statement::CreateType { name, .. } => Ok(make(Thing::Type, &name, false)),
        Statement::CreateDomain(create) => Ok(make(Thing::Type, &create.name, false)),
        Statement::CreateSchema { if_not_exists, .. } => repeatable(if_not_exists),
        Statement::CreateExtension(create) => repeatable(create.if_not_exists),
        Statement::CreateRole(_) => Ok(role(&statement.to_string(), false)),
        Statement::AlterRole { .. } => Ok(role(&statement.to_string(), true)),
        other => Err(format!("`{}`", shortened(&other.to_string()))),
    }
}

fn make(thing: Thing, made: &ObjectName, repeatable: bool) -> Act {
    Act::Make {
        thing,
        name: name(made),
        repeatable,
    }
}

fn role(statement: &str, repeatable: bool) -> Act {
    let words = || statement.split_whitespace();
    Act::Role {
        name: words().nth(2).unwrap_or_default().to_lowercase(),
        passes_row_security: words().any(|word| word == "BYPASSRLS" || word == "SUPERUSER"),
        repeatable,
    }
}

fn drop_things(kind: ObjectType, dropped: &[ObjectName], if_exists: bool, cascade: bool) -> Act {
    let names = names(dropped);
    let thing = match kind {
        ObjectType::Index => {
            return Act::DropIndex {
                names,
                concurrently: false,
                if_exists,
                cascade,
            };
        }
        ObjectType::Table => Thing::Table,
        ObjectType::View => Thing::View,
        ObjectType::MaterializedView => Thing::MaterializedView,
        ObjectType::Sequence => Thing::Sequence,
        ObjectType::Type => Thing::Type,
        ObjectType::Schema => Thing::Schema,
        _ => Thing::Other,
    };
    Act::Drop {
        thing,
        names,
        if_exists,
        cascade,
    }
}

fn rename(thing: Thing, from: &ObjectName, to: String) -> Act {
    Act::Rename {
        thing,
        from: name(from),
        to,
    }
}

fn functions(described: &[FunctionDesc]) -> Vec<String> {
    described
        .iter()
        .map(|function| name(&function.name))
        .collect()
}

fn commented(kind: CommentObject, object: &ObjectName) -> Option<String> {
    match kind {
        CommentObject::Table => Some(name(object)),
        CommentObject::Column => {
            let mut table = object.clone();
            table.0.pop();
            Some(name(&table))
        }
        _ => None,
    }
}

fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
