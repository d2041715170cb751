//! Turning what PostgreSQL has into what it should have, without making it anew.

use super::{super::Fix, rebuild};
use crate::catalogue::{Object, Parts, text::quote};

pub fn column(expected: &Object, found: &Object) -> Fix {
    let column = quote(&expected.key.name);
    let Some(changes) = column_changes(&column, &expected.parts, &found.parts) else {
        return Fix::Advice(format!(
            "no statement turns one into the other: make column {column} anew and copy its values \
             (docs/drift.md, \"Rebuild a table\")"
        ));
    };
    let table = quote(&expected.key.table);
    let statements: Vec<String> = changes
        .iter()
        .map(|change| format!("ALTER TABLE {table} ALTER COLUMN {column} {change}"))
        .collect();
    Fix::Sql(statements.join("; "))
}

/// None where no ALTER COLUMN does it.
fn column_changes(column: &str, expected: &Parts, found: &Parts) -> Option<Vec<String>> {
    let (
        Parts::Column {
            data_type,
            collation,
            nullable,
            default,
            automatic,
        },
        Parts::Column {
            data_type: found_type,
            collation: found_collation,
            nullable: found_nullable,
            default: found_default,
            automatic: found_automatic,
        },
    ) = (expected, found)
    else {
        return None;
    };
    let is_identity = |automatic: &Option<String>| {
        let automatic = automatic.as_ref();
        automatic.is_none_or(|how| how.ends_with("AS IDENTITY"))
    };
    let mut changes = Vec::new();
    if automatic != found_automatic {
        if !(is_identity(automatic) && is_identity(found_automatic)) {
            return None;
        }
        changes.push("DROP IDENTITY IF EXISTS".to_owned());
    }
    let retyped = data_type != found_type || collation != found_collation;
    if (retyped || default != found_default) && found_default.is_some() {
        changes.push("DROP DEFAULT".to_owned());
    }
    if retyped {
        let collation = match (collation, found_collation) {
            (Some(collation), _) => format!(" COLLATE {collation}"),
            (None, Some(_)) => " COLLATE \"default\"".to_owned(),
            (None, None) => String::new(),
        };
        changes.push(format!(
            "TYPE {data_type}{collation} USING {column}::{data_type}"
        ));
    }
    if let Some(default) = default
        .as_ref()
        .filter(|_| retyped || default != found_default)
    {
        changes.push(format!("SET DEFAULT {default}"));
    }
    if nullable != found_nullable {
        changes.push(format!(
            "{} NOT NULL",
            if *nullable { "DROP" } else { "SET" }
        ));
    }
    if let Some(automatic) = automatic.as_ref().filter(|_| automatic != found_automatic) {
        changes.push(format!("ADD {automatic}"));
    }
    (!changes.is_empty()).then_some(changes)
}

pub fn table(expected: &Object, found: &Object) -> Fix {
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
pub fn enum_type(expected: &Object, found: &Object) -> Fix {
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
