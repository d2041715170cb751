//! The rules, one file a family.

mod constraints;
mod grants;
mod hygiene;
mod indexes;
mod keys;
mod older_programs;
mod repeats;
mod rows;
mod tenants;
mod types;

use super::{
    Broken, Context, Rule,
    read::act::Act,
    schema::{Place, Schema},
};

/// What a statement breaks where it stands.
pub fn of_statement(act: &Act, context: &Context<'_>) -> Vec<Broken> {
    let mut found = Vec::new();
    for judge in [
        indexes::judge,
        repeats::judge,
        constraints::judge,
        rows::judge,
        older_programs::judge,
        types::judge,
        grants::judge,
        hygiene::judge,
    ] {
        judge(act, context, &mut found);
    }
    found
}

/// What the schema breaks after all migrations, at the statement that made the table or the
/// foreign key.
pub fn of_schema(schema: &Schema) -> Vec<(Place, Broken)> {
    let mut found = Vec::new();
    let tables = schema.tables.iter().filter(|(_, table)| !table.temporary);
    for (name, table) in tables {
        let mut broken = Vec::new();
        if table.partition_of.is_none() {
            keys::primary_key(name, table, &mut broken);
            tenants::judge(name, table, &mut broken);
            tenants::references(name, table, schema, &mut found);
        }
        keys::foreign_keys(name, table, &mut found);
        grants::missing(name, table, &mut broken);
        found.extend(broken.into_iter().map(|broken| (table.made, broken)));
    }
    found
}
