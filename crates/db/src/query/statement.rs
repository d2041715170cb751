use sea_orm::{DbBackend, Statement, StatementBuilder, Value, Values};

/// SQL text and its values; made by [`sql`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sql {
    text: &'static str,
    values: Vec<Value>,
}

/// A statement as text, with `$1`, `$2`, … for its values on both engines. The text is part of the
/// program: what comes from outside is a value.
///
/// ```
/// # async fn example(db: &db::Database) -> Result<(), db::Error> {
/// use db::query::{fetch_value, sql};
///
/// let known = sql("SELECT count(*) FROM users WHERE email = $1", ["a@example.org".into()]);
/// let users: i64 = fetch_value(db.reader(), &known).await?;
/// # let _ = users;
/// # Ok(())
/// # }
/// ```
pub fn sql(text: &'static str, values: impl IntoIterator<Item = Value>) -> Sql {
    Sql {
        text,
        values: values.into_iter().collect(),
    }
}

impl StatementBuilder for Sql {
    fn build(&self, backend: &DbBackend) -> Statement {
        Statement {
            sql: self.text.to_owned(),
            values: Some(Values(self.values.clone())),
            db_backend: *backend,
        }
    }
}
