//! Hand-made entities against the tables that are there. Those of the program are tested in `entity`.

use migration::{
    catalogue::read,
    drift::{EntityColumn, EntityTable, ValueKind, from_entities},
};

use super::{connect, lines, run};

fn users() -> EntityTable {
    let column = |name: &str, kind, nullable| EntityColumn {
        name: name.to_owned(),
        kind,
        nullable,
    };
    EntityTable {
        name: "people".to_owned(),
        columns: vec![
            column("id", ValueKind::Uuid, false),
            column("name", ValueKind::Text, true),
            column("is_active", ValueKind::Bool, false),
            column("born_on", ValueKind::Date, false),
            column("worth", ValueKind::Numeric, false),
        ],
        primary_key: vec!["id".to_owned()],
    }
}

testkit::on_both_engines! {
    async fn what_does_not_fit_an_entity_is_found(db) {
        let connection = connect(&db).await;
        let (uuid, bool, date, number, strict) = match db.database.engine() {
            db::Engine::Sqlite => ("BLOB", "INTEGER", "TEXT", "TEXT", "STRICT"),
            db::Engine::Postgres => ("uuid", "boolean", "date", "numeric(20,4)", ""),
        };
        let fitting = format!(
            "id {uuid} PRIMARY KEY, name text, is_active {bool} NOT NULL, born_on {date} NOT NULL,
             worth {number} NOT NULL"
        );
        let cases: [(String, &[&str]); 8] = [
            (fitting.clone(), &[]),
            (format!("{fitting}, note text, rank text NOT NULL DEFAULT 'none'"), &[]),
            (format!("{fitting}, note text NOT NULL"), &["unexpected column note of people", "NOT NULL"]),
            (fitting.replace(&format!("is_active {bool}"), &format!("is_active {uuid}")),
                &["different column is_active of people", "NOT NULL"]),
            (fitting.replace("name text", "name text NOT NULL"),
                &["different column name of people", "found"]),
            (fitting.replace(&format!("born_on {date} NOT NULL"), &format!("born_on {date}")),
                &["different column born_on of people", "NOT NULL"]),
            (fitting.replace("name text,", ""), &["missing column name of people"]),
            (fitting.replace("PRIMARY KEY", "NOT NULL") + ", PRIMARY KEY (id, worth)",
                &["different primary key", "people", "(id)", "(id, worth)"]),
        ];
        for (columns, words) in cases {
            run(&connection, &format!("CREATE TABLE people ({columns}) {strict}")).await;
            let found = read(&connection, None).await.unwrap();
            let told = lines(&from_entities(&found, &[users()]));
            assert_eq!(told.len(), usize::from(!words.is_empty()), "{columns}: {told:#?}");
            for line in told {
                assert!(words.iter().all(|word| line.contains(word)), "{columns}: {line}");
            }
            run(&connection, "DROP TABLE people").await;
        }
        let found = read(&connection, None).await.unwrap();
        let told = lines(&from_entities(&found, &[users()]));
        assert!(told.len() == 1 && told[0].contains("missing table people"), "{told:#?}");
    }
}
