//! Rows of JSON, one list of them or one a line. Numbers are read as the text that they are written as:
//! a floating-point number on the way would lose digits.

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use super::{row::Row, settings::Fields};

/// A document that rows are taken from.
pub(super) struct Document<'d>(&'d RawValue);

impl<'d> Document<'d> {
    pub fn parse(text: &'d [u8]) -> Result<Self, String> {
        serde_json::from_slice(text)
            .map(Self)
            .map_err(|error| format!("it is not JSON at line {}", error.line()))
    }

    /// The text at a JSON pointer; `None` where nothing or null is there.
    pub fn text(&self, pointer: &str) -> Result<Option<String>, String> {
        match at(self.0, pointer)? {
            Some(value) => text(value),
            None => Ok(None),
        }
    }

    /// The rows of the list at a pointer; none where it may be lacking and is. One that is none is given as
    /// what is wrong with it.
    pub fn each(
        &self,
        pointer: &str,
        may_lack: bool,
        fields: &Fields,
        mut take: impl FnMut(Result<&Row, String>),
    ) -> Result<(), String> {
        let no_list = || format!("there is no list of rows at `{pointer}`");
        let list = match at(self.0, pointer)? {
            Some(list) if list.get().starts_with('[') => list,
            Some(list) if may_lack && list.get() == "null" => return Ok(()),
            None if may_lack => return Ok(()),
            _ => return Err(no_list()),
        };
        let elements: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|_| no_list())?;
        for (element, number) in elements.into_iter().zip(1..) {
            match row(element, number, fields) {
                Ok(row) => take(Ok(&row)),
                Err(fault) => take(Err(fault)),
            }
        }
        Ok(())
    }
}

/// Rows that stand on a line each, as [`Document::each`] gives them.
pub(super) fn each_line(
    text: &[u8],
    fields: &Fields,
    mut take: impl FnMut(Result<&Row, String>),
) -> Result<(), String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = text.split(|byte| *byte == b'\n').zip(1..);
    for (line, number) in lines.filter(|(line, _)| !line.trim_ascii().is_empty()) {
        let value = serde_json::from_slice(line)
            .map_err(|_| format!("line {number} is not a JSON object"))?;
        match row(value, number, fields) {
            Ok(row) => take(Ok(&row)),
            Err(fault) => take(Err(fault)),
        }
    }
    Ok(())
}

fn row(value: &RawValue, number: u64, fields: &Fields) -> Result<Row, String> {
    let members = members(value).map_err(|fault| format!("row {number}: {fault}"))?;
    let mut row = Row {
        number,
        ..Row::default()
    };
    for (part, pointer) in fields.named() {
        let (first, rest) = split(pointer)?;
        let Some(member) = members.get(first.as_ref()) else {
            continue;
        };
        let found = at(member, rest)?.map(text).transpose();
        let found = found.map_err(|fault| format!("row {number}, `{pointer}`: {fault}"))?;
        if let Some(text) = found.flatten().filter(|text| !text.is_empty()) {
            row.texts.insert(part, text);
        }
    }
    Ok(row)
}

/// What an RFC 6901 pointer leads to.
fn at<'d>(value: &'d RawValue, pointer: &str) -> Result<Option<&'d RawValue>, String> {
    if pointer.is_empty() {
        return Ok(Some(value));
    }
    let (token, rest) = split(pointer)?;
    let next = match value.get().as_bytes().first() {
        Some(b'{') => members(value)?.remove(token.as_ref()),
        Some(b'[') => {
            let elements: Vec<&RawValue> =
                serde_json::from_str(value.get()).map_err(|_| "it is not JSON".to_owned())?;
            token
                .parse::<usize>()
                .ok()
                .and_then(|index| elements.get(index).copied())
        }
        _ => None,
    };
    next.map_or(Ok(None), |next| at(next, rest))
}

/// The first step of a pointer, and the rest of it.
fn split(pointer: &str) -> Result<(Cow<'_, str>, &str), String> {
    let Some(steps) = pointer.strip_prefix('/') else {
        return Err(format!(
            "`{pointer}` is not a JSON pointer: it begins with /"
        ));
    };
    let end = steps.find('/').unwrap_or(steps.len());
    let (step, rest) = steps.split_at(end);
    let step = if step.contains('~') {
        Cow::Owned(step.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(step)
    };
    Ok((step, rest))
}

fn members(value: &RawValue) -> Result<HashMap<String, &RawValue>, String> {
    serde_json::from_str(value.get()).map_err(|_| "it is not a JSON object".to_owned())
}

/// A string's content, and a number or a truth value as it is written.
fn text(value: &RawValue) -> Result<Option<String>, String> {
    let written = value.get();
    match written.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => serde_json::from_str(written)
            .map(Some)
            .map_err(|_| "it is not a string".to_owned()),
        Some(b'{' | b'[') => Err("it is a list or an object, not a value".to_owned()),
        _ => Ok(Some(written.to_owned())),
    }
}
