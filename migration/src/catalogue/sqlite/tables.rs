use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, QueryResult},
};

use super::{
    super::text::Token,
    Catalogue, Key, Kind, Object, Parts, canonical,
    create_table::{Item, items},
    keys, one_line, quote, rows, tokens,
};

/// One table as its text tells it, and the names of its columns.
pub struct Table<'a> {
    pub name: String,
    pub items: Vec<Item<'a>>,
    pub columns: Vec<String>,
    pub primary_key: Vec<String>,
}

/// Reads a table with its columns, constraints and indexes.
pub async fn read(
    connection: &impl ConnectionTrait,
    row: &QueryResult,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let name: String = row.try_get("", "name")?;
    let written: String = row.try_get("", "sql")?;
    let mut table = Table {
        items: items(&written),
        columns: Vec::new(),
        primary_key: Vec::new(),
        name,
    };
    let without_rowid = row.try_get::<i64>("", "without_rowid")? == 1;
    let strict = row.try_get::<i64>("", "strict")? == 1;
    catalogue.insert(Object {
        key: Key::alone(Kind::Table, &table.name),
        columns: Vec::new(),
        parts: Parts::Whole,
        definition: table_definition(&table, &written, strict, without_rowid),
        create: one_line(&tokens(&written)),
        drop: format!("DROP TABLE {}", quote(&table.name)),
    });
    read_columns(connection, &mut table, strict || without_rowid, catalogue).await?;
    keys::read(connection, &table, catalogue).await
}

fn table_definition(table: &Table<'_>, written: &str, strict: bool, without_rowid: bool) -> String {
    let words = tokens(written);
    if words.get(1).is_some_and(|word| word.is("virtual")) {
        return canonical(&words);
    }
    let mut says = vec![if strict { "strict" } else { "not strict" }.to_owned()];
    if without_rowid {
        says.push("without rowid".to_owned());
    }
    let mut conflicts: Vec<String> = table.items.iter().filter_map(Item::on_conflict).collect();
    conflicts.sort();
    says.extend(conflicts);
    says.join(", ")
}

async fn read_columns(
    connection: &impl ConnectionTrait,
    table: &mut Table<'_>,
    key_is_not_null: bool,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let sql = "SELECT name, type AS data_type, \"notnull\" AS required, dflt_value, pk, hidden
        FROM pragma_table_xinfo($1) WHERE hidden <> 1 ORDER BY cid";
    let mut key_places = Vec::new();
    for row in rows(connection, sql, &[&table.name]).await? {
        let name = row.try_get::<String>("", "name")?.to_lowercase();
        let key_place: i64 = row.try_get("", "pk")?;
        let required = row.try_get::<i64>("", "required")? == 1;
        let generated = row.try_get::<i64>("", "hidden")? != 0;
        let default: Option<String> = row.try_get("", "dflt_value")?;
        let item = table
            .items
            .iter()
            .find(|item| item.column().as_ref() == Some(&name));
        let column = Column {
            data_type: row.try_get::<String>("", "data_type")?.to_uppercase(),
            nullable: !(required || (key_is_not_null && key_place > 0)),
            default: default.map(|text| canonical(&tokens(&text))),
            generated: generated.then(|| item.and_then(Item::generated)).flatten(),
            collation: item.and_then(|item| item.word_behind("collate")),
            sql: item.map(Item::sql).unwrap_or_default(),
        };
        catalogue.insert(column.object(&table.name, &name));
        if key_place > 0 {
            key_places.push((key_place, name.clone()));
        }
        table.columns.push(name);
    }
    key_places.sort();
    table.primary_key = key_places.into_iter().map(|(_, name)| name).collect();
    Ok(())
}

struct Column {
    data_type: String,
    nullable: bool,
    default: Option<String>,
    generated: Option<String>,
    collation: Option<String>,
    sql: String,
}

impl Column {
    fn object(self, table: &str, name: &str) -> Object {
        let mut words = vec![self.data_type.clone()];
        words.extend(
            self.collation
                .as_ref()
                .map(|collation| format!("COLLATE {collation}")),
        );
        words.extend((!self.nullable).then(|| "NOT NULL".to_owned()));
        words.extend(
            self.default
                .as_ref()
                .map(|value| format!("DEFAULT {value}")),
        );
        words.extend(self.generated.clone());
        let (in_table, column) = (quote(table), quote(name));
        Object {
            key: Key::new(Kind::Column, table, name),
            columns: vec![name.to_owned()],
            create: format!("ALTER TABLE {in_table} ADD COLUMN {}", self.sql),
            drop: format!("ALTER TABLE {in_table} DROP COLUMN {column}"),
            definition: words.join(" "),
            parts: Parts::Column {
                data_type: self.data_type,
                collation: self.collation,
                nullable: self.nullable,
                default: self.default,
                automatic: self.generated,
            },
        }
    }
}

impl Table<'_> {
    /// The columns that an expression names, in the table's order.
    pub fn columns_in(&self, expression: &[Token<'_>]) -> Vec<String> {
        let named: Vec<String> = expression
            .iter()
            .filter(|word| !word.text.starts_with('\''))
            .map(|word| word.name())
            .collect();
        self.columns
            .iter()
            .filter(|column| named.contains(column))
            .cloned()
            .collect()
    }
}
