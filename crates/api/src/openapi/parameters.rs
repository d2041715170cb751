use utoipa::{
    Modify,
    openapi::{
        OpenApi, RefOr, Schema,
        path::{Parameter, ParameterIn},
        schema::{Object, SchemaType, Type},
    },
};

use super::operations;
use crate::extract::{LONGEST_IN_PATH, LONGEST_IN_QUERY, LONGEST_KEY};

/// The rules that all parameters of a name or a place have in common.
pub(super) struct ParameterRules;

/// Visible ASCII; a space at either end would be taken for the header's own.
const IDEMPOTENCY_KEY: &str = "^[!-~]([ -~]*[!-~])?$";
/// What [`crate::cursor`] writes: base64 for URLs.
const CURSOR: &str = "^[A-Za-z0-9_-]+$";
/// No text that is kept can hold a NUL character.
const WITHOUT_NUL: &str = r"^[^\u0000]*$";

impl Modify for ParameterRules {
    fn modify(&self, document: &mut OpenApi) {
        for (_, operation) in operations(document) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    refuse_null(parameter);
                    limit_text(parameter);
                }
            }
        }
    }
}

/// A parameter is never null, but left out.
fn refuse_null(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &mut object.schema_type
    {
        types.retain(|of| *of != Type::Null);
        if let [only] = types.as_slice() {
            object.schema_type = SchemaType::Type(only.clone());
        }
    }
}

fn limit_text(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else {
        return;
    };
    if !is_free_text(object) {
        return;
    }
    let (pattern, shortest, longest) = match parameter.parameter_in {
        ParameterIn::Header if parameter.name == "Idempotency-Key" => {
            (IDEMPOTENCY_KEY, 1, LONGEST_KEY)
        }
        ParameterIn::Query if parameter.name == "cursor" => (CURSOR, 1, LONGEST_IN_QUERY),
        ParameterIn::Query => (WITHOUT_NUL, 0, LONGEST_IN_QUERY),
        ParameterIn::Path => (WITHOUT_NUL, 1, LONGEST_IN_PATH),
        ParameterIn::Header | ParameterIn::Cookie | ParameterIn::QueryString => return,
    };
    object.pattern.get_or_insert_with(|| pattern.to_owned());
    object.min_length.get_or_insert(shortest);
    object.max_length.get_or_insert(longest);
}

fn is_free_text(object: &Object) -> bool {
    matches!(object.schema_type, SchemaType::Type(Type::String))
        && object.format.is_none()
        && object.enum_values.is_none()
}
