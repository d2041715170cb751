use sea_orm::{ColumnTrait, EntityName};

/// A table and the columns that are filled, quoted.
pub struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    pub fn of<C: ColumnTrait>(columns: &[C]) -> Self {
        let entity = C::EntityName::default();
        let schema = entity.schema_name().map(|schema| quote(schema) + ".");
        Self {
            name: schema.unwrap_or_default() + &quote(entity.table_name()),
            columns: columns
                .iter()
                .map(|column| quote(column.as_str()))
                .collect(),
        }
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    pub fn copy(&self) -> String {
        let columns = self.columns.join(", ");
        format!("COPY {} ({columns}) FROM STDIN", self.name)
    }

    /// An insert of so many rows. Parameters without a number are found at once; SQLite searches a
    /// list for each that has one.
    pub fn insert(&self, rows: usize) -> String {
        let columns = self.columns.join(", ");
        let row = format!("({})", vec!["?"; self.width()].join(", "));
        let rows = vec![row.as_str(); rows].join(", ");
        format!("INSERT INTO {} ({columns}) VALUES {rows}", self.name)
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
