//! The parameters of a query, as a type that names all of them (`deny_unknown_fields`).

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The longest value; a cursor needs a few hundred bytes.
pub const LONGEST: usize = 4096;

pub fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut names = HashSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        check(name, name)?;
        check(name, value)?;
        if !names.insert(name) {
            return Err(Problem::parameter(name, "is given more than once"));
        }
    }
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let name = error.path().to_string();
        let name = if name == "." || name == "?" {
            ""
        } else {
            name.as_str()
        };
        Problem::parameter(name, error.inner().to_string())
    })
}

fn check(name: &str, text: &str) -> Result<(), Problem> {
    let name = || percent_decode_str(name).decode_utf8_lossy().into_owned();
    if text.len() > LONGEST {
        let name: String = name().chars().take(64).collect();
        return Err(Problem::parameter(
            &name,
            format!("is longer than {LONGEST} bytes"),
        ));
    }
    match percent_decode_str(text).decode_utf8() {
        Err(_) => Err(Problem::parameter(&name(), "is not UTF-8")),
        Ok(text) if text.contains('\0') => {
            Err(Problem::parameter(&name(), "holds a NUL character"))
        }
        Ok(_) => Ok(()),
    }
}

const LONGEST_SEARCH: usize = 200;

/// Refuses a text to search for, the parameter `q`, that is longer than any name.
pub fn check_search(q: Option<&str>) -> Result<(), Problem> {
    if q.is_some_and(|q| q.chars().count() > LONGEST_SEARCH) {
        let detail = format!("is longer than {LONGEST_SEARCH} characters");
        return Err(Problem::parameter("q", detail));
    }
    Ok(())
}
