//! A table with a column of each kind, made by the tests themselves.

use db::{ConnectionTrait, Database, Engine, Error, Tx};
use sea_orm::{EntityTrait, QueryOrder, Set};

/// `samples`: anything that a row may hold.
pub mod sample {
    use entity::values::Money;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "samples")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub owner: Option<String>,
        pub day: Option<Date>,
        pub amount: Option<Money>,
        pub text: Option<String>,
        pub bytes: Option<Vec<u8>>,
        pub is_set: Option<bool>,
        pub uuid: Option<Uuid>,
        pub at: Option<DateTimeUtc>,
        pub json: Option<Json>,
        pub number: Option<f64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// `parts`: each names a sample.
pub mod part {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "parts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub sample_id: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub async fn make_tables(db: &TestDatabase) {
    let types = match database.engine() {
        Engine::Sqlite => [
            "INTEGER", "TEXT", "TEXT", "BLOB", "INTEGER", "BLOB", "TEXT", "TEXT", "REAL",
        ],
        Engine::Postgres => [
            "bigint",
            "date",
            "numeric",
            "bytea",
            "boolean",
            "uuid",
            "timestamptz",
            "jsonb",
            "double precision",
        ],
    };
    let [id, day, amount, bytes, is_set, uuid, at, json, number] = types;
    let samples = format!(
        "CREATE TABLE samples (id {id} PRIMARY KEY, owner text CHECK (owner <> 'nobody'), day {day},
            amount {amount}, text text, bytes {bytes}, is_set {is_set}, uuid {uuid} UNIQUE, at {at},
            json {json}, number {number})"
    );
    let parts =
        format!("CREATE TABLE parts (id {id} PRIMARY KEY, sample_id {id} REFERENCES samples (id))");
    db.make_tables(&format!("{samples}; {parts}")).await;
}

pub fn sample(id: i64) -> sample::ActiveModel {
    sample::ActiveModel {
        id: Set(id),
        owner: Set(Some("someone".to_owned())),
        day: Set(None),
        amount: Set(None),
        text: Set(None),
        bytes: Set(None),
        is_set: Set(None),
        uuid: Set(None),
        at: Set(None),
        json: Set(None),
        number: Set(None),
    }
}

pub async fn stored(db: &impl ConnectionTrait) -> Vec<sample::Model> {
    let all = sample::Entity::find().order_by_asc(sample::Column::Id);
    all.all(db).await.unwrap()
}

pub async fn ids(db: &impl ConnectionTrait) -> Vec<i64> {
    stored(db).await.into_iter().map(|row| row.id).collect()
}

pub async fn empty(tx: &Tx) -> Result<(), Error> {
    sample::Entity::delete_many().exec(tx).await?;
    Ok(())
}
