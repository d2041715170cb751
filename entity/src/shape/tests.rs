use std::{collections::BTreeSet, fs, path::Path};

use testkit::migration::{
    catalogue,
    drift::{EntityColumn, EntityTable, ValueKind as Kind, from_entities},
};

use super::{ValueKind, tables};

fn files(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(files(&path));
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

#[test]
fn every_entity_file_is_in_the_list() {
    let texts = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let attribute = concat!("#[sea_orm(", "table_name = \"");
    let written: BTreeSet<String> = texts
        .iter()
        .flat_map(|text| text.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect();
    let listed: BTreeSet<String> = tables().into_iter().map(|table| table.name).collect();
    assert_eq!(listed, written);
}

#[test]
fn no_column_is_of_a_type_that_nobody_knows() {
    for table in tables() {
        assert!(!table.primary_key.is_empty(), "{}", table.name);
        for column in table.columns {
            assert_ne!(
                column.kind,
                ValueKind::Other,
                "{}.{}",
                table.name,
                column.name
            );
        }
    }
}

fn known(kind: ValueKind) -> Kind {
    match kind {
        ValueKind::Uuid => Kind::Uuid,
        ValueKind::Text => Kind::Text,
        ValueKind::BigInt => Kind::BigInt,
        ValueKind::Numeric => Kind::Numeric,
        ValueKind::Bool => Kind::Bool,
        ValueKind::Date => Kind::Date,
        ValueKind::Instant => Kind::Instant,
        ValueKind::Json => Kind::Json,
        ValueKind::Bytes => Kind::Bytes,
        ValueKind::Other => Kind::Other,
    }
}

testkit::on_both_engines! {
    async fn every_entity_fits_the_table_that_the_migrations_make(db) {
        let connection = db.database.schema_connection().await.unwrap();
        let found = catalogue::read(&connection, None).await.unwrap();
        let entities: Vec<EntityTable> = tables()
            .into_iter()
            .map(|table| EntityTable {
                name: table.name,
                primary_key: table.primary_key,
                columns: table
                    .columns
                    .into_iter()
                    .map(|column| EntityColumn {
                        name: column.name,
                        kind: known(column.kind),
                        nullable: column.nullable,
                    })
                    .collect(),
            })
            .collect();
        let told: Vec<String> =
            from_entities(&found, &entities).iter().map(ToString::to_string).collect();
        assert_eq!(told, [""; 0]);
    }
}
