use utoipa::{
    Modify,
    openapi::{
        OpenApi, Ref, RefOr, Schema,
        path::Parameter,
        schema::{ArrayItems, SchemaType, Type},
    },
};

use super::operations;

/// An answer always has all its members, and what is not known is null; a parameter is never null,
/// but left out.
pub(super) struct WholeAnswers;

/// The members of answers that are left out all the same.
const LEFT_OUT: [&str; 1] = ["first_difference"];

impl Modify for WholeAnswers {
    fn modify(&self, document: &mut OpenApi) {
        for (_, operation) in operations(document) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    refuse_null(parameter);
                }
            }
        }
        let Some(components) = &mut document.components else {
            return;
        };
        for (name, schema) in &mut components.schemas {
            let RefOr::T(Schema::Object(object)) = schema else {
                continue;
            };
            let element = name.strip_prefix("ListOut_");
            if element.is_some() || name.ends_with("Out") {
                let members = object.properties.keys().cloned();
                object.required = members
                    .filter(|name| !LEFT_OUT.contains(&name.as_str()))
                    .collect();
            }
            if let Some(element) = element
                && let Some(RefOr::T(Schema::Array(items))) = object.properties.get_mut("items")
            {
                let of_element = RefOr::Ref(Ref::from_schema_name(element));
                items.items = ArrayItems::RefOrSchema(Box::new(of_element));
            }
        }
    }
}

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
