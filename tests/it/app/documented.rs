//! Every answer that any test gets is held against the published contract.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Map, Value};

use super::Reply;

static CONTRACT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&api::openapi::json()).unwrap());

/// What any path may answer, before it is known which operation was meant.
const UNDOCUMENTED: [&str; 4] = [
    "route_not_found",
    "method_not_allowed",
    "host_refused",
    "origin_refused",
];

/// Fails unless the contract has this status for the operation, and a schema that the body fits.
#[track_caller]
pub fn check(method: &Method, path: &str, reply: &Reply) {
    let method = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let Some(operation) = operation(method, path) else {
        return;
    };
    let code = serde_json::from_str::<Value>(&reply.text).map(|body| body["code"].clone());
    if code.is_ok_and(|code| {
        UNDOCUMENTED
            .iter()
            .any(|undocumented| code == *undocumented)
    }) {
        return;
    }
    let response = &operation["responses"][reply.status.to_string()];
    assert!(
        response.is_object(),
        "{method} {path} answers {}: {}",
        reply.status,
        reply.text
    );
    if reply.text.is_empty() {
        return;
    }
    let media_type = reply
        .header("content-type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap();
    let content = &response["content"][media_type];
    assert!(
        content.is_object(),
        "{method} {path} answers {} with {media_type}",
        reply.status
    );
    if media_type.ends_with("json") && media_type != "application/x-ndjson" {
        fits(&reply.json(), &content["schema"], path);
    }
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let paths = CONTRACT["paths"].as_object().unwrap();
    let template = |template: &&String| is_of_template(path, template);
    let exact = paths.keys().find(|key| *key == path);
    let found = exact.or_else(|| paths.keys().find(template))?;
    paths[found].get(method.as_str().to_lowercase())
}

fn is_of_template(path: &str, template: &str) -> bool {
    let (path, template) = (path.split('/'), template.split('/'));
    path.clone().count() == template.clone().count()
        && path
            .zip(template)
            .all(|(part, name)| name.starts_with('{') || part == name)
}

/// The part of JSON Schema that the contract uses.
#[track_caller]
fn fits(value: &Value, schema: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = CONTRACT.pointer(reference.trim_start_matches('#')).unwrap();
        return fits(value, target, place);
    }
    if let Some(options) = schema["oneOf"].as_array() {
        let (null, other): (Vec<_>, Vec<_>) =
            options.iter().partition(|option| option["type"] == "null");
        if value.is_null() && !null.is_empty() {
            return;
        }
        assert_eq!(other.len(), 1, "{place}: no choice but null is known here");
        return fits(value, other[0], place);
    }
    assert!(
        is_of_type(value, &schema["type"]),
        "{place}: {value} is not {}",
        schema["type"]
    );
    if let Some(words) = schema["enum"].as_array() {
        assert!(
            words.contains(value),
            "{place}: {value} is not one of {words:?}"
        );
    }
    match value {
        Value::Object(members) => fits_object(members, schema, place),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                fits(item, &schema["items"], &format!("{place}/{index}"));
            }
        }
        _ => {}
    }
}

#[track_caller]
fn fits_object(members: &Map<String, Value>, schema: &Value, place: &str) {
    let Some(known) = schema["properties"].as_object() else {
        return;
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        let name = required.as_str().unwrap();
        assert!(members.contains_key(name), "{place} lacks {name}");
    }
    for (name, member) in members {
        let schema = known
            .get(name)
            .unwrap_or_else(|| panic!("{place}: {name} is not documented"));
        fits(member, schema, &format!("{place}/{name}"));
    }
}

fn is_of_type(value: &Value, types: &Value) -> bool {
    let one = |name: &Value| match name.as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("null") => value.is_null(),
        _ => false,
    };
    match types {
        Value::Array(types) => types.iter().any(one),
        Value::Null => true,
        single => one(single),
    }
}
