//! ALTER in the forms that `sqlparser` does not know.

use sqlparser::tokenizer::Token;

use super::{
    act::{Act, Change, Thing},
    words::Words,
};

/// Forms of ALTER TABLE that `sqlparser` does not know.
pub fn table(words: &mut Words<'_>) -> Option<Result<Act, String>> {
    words.take(&["IF", "EXISTS"]);
    words.take(&["ONLY"]);
    let table = words.name().ok()?;
    let change = if words.take(&["ATTACH", "PARTITION"]) {
        let partition = words.name();
        words.tokens = &[];
        partition.map(Change::AttachPartition)
    } else if words.take(&["DETACH", "PARTITION"]) {
        let partition = words.name();
        let concurrently = words.take(&["CONCURRENTLY"]) || words.take(&["FINALIZE"]);
        partition.map(|partition| Change::DetachPartition {
            partition,
            concurrently,
        })
    } else if words.take(&["SET", "TABLESPACE"]) {
        words.next();
        Ok(Change::Rewrite("SET TABLESPACE"))
    } else if words.take(&["SET", "ACCESS", "METHOD"]) {
        words.next();
        Ok(Change::Rewrite("SET ACCESS METHOD"))
    } else if words.take(&["SET", "SCHEMA"]) {
        words.next();
        Ok(Change::Other)
    } else if words.take(&["CLUSTER", "ON"]) {
        words.next();
        Ok(Change::Tune)
    } else if words.take(&["SET", "WITHOUT", "CLUSTER"])
        || (words.take(&["RESET"]) && words.skip_parentheses())
    {
        Ok(Change::Tune)
    } else if words.take(&["ALTER"]) {
        words.take(&["COLUMN"]);
        words.word().ok()?;
        if words.take(&["SET", "STATISTICS"]) {
            words.take_token(&Token::Minus);
            words.next();
            Ok(Change::Tune)
        } else if words.take(&["SET", "STORAGE"]) || words.take(&["SET", "COMPRESSION"]) {
            words.next();
            Ok(Change::Other)
        } else {
            return None;
        }
    } else {
        return None;
    };
    Some(change.and_then(|change| {
        words.end(Act::AlterTable {
            table,
            changes: vec![change],
        })
    }))
}

/// Attaching a partition's index and its parameters bind nobody who reads or writes the table.
pub fn index(words: &mut Words<'_>) -> Option<Result<Act, String>> {
    words.take(&["IF", "EXISTS"]);
    words.name().ok()?;
    if words.take(&["ATTACH", "PARTITION"]) {
        return Some(
            words
                .name()
                .and_then(|_| words.end(Act::Other { repeatable: true })),
        );
    }
    let tunes = words.take(&["SET"]) || words.take(&["RESET"]);
    (tunes && words.skip_parentheses()).then(|| words.end(Act::Other { repeatable: true }))
}

pub fn renamed(words: &mut Words<'_>, thing: Thing) -> Option<Result<Act, String>> {
    words.take(&["IF", "EXISTS"]);
    let from = words.name().ok()?;
    if !words.take(&["RENAME", "TO"]) {
        return None;
    }
    let to = words.name();
    Some(to.and_then(|to| words.end(Act::Rename { thing, from, to })))
}
