use utoipa::{
    Modify,
    openapi::{OpenApi, Ref, RefOr, Schema, schema::ArrayItems},
};

/// An answer always has all its members, and what is not known is null.
pub(super) struct WholeAnswers;

/// The members of answers that are left out all the same.
const LEFT_OUT: [&str; 2] = ["first_difference", "fx_path"];

impl Modify for WholeAnswers {
    fn modify(&self, document: &mut OpenApi) {
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
