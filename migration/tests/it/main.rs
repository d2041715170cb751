//! Up, down, up again; several at once; and the ways in which a database may not fit.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod drift;
mod dump;
mod faults_stalls;
mod long_readers;
mod made;
mod outside;
mod row_security;
mod rows_unharmed;
mod scripts;
mod sea_orm_cli;
mod together;
mod versions;
mod ways_back;

use db::{ConnectionTrait, Engine};
use sea_orm::{DbBackend, Statement};

testkit::on_both_engines! {
    async fn every_foreign_key_has_an_index(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let sql = "SELECT c.conrelid::regclass || ' ' || pg_get_constraintdef(c.oid) AS line
            FROM pg_constraint c
            WHERE c.contype = 'f' AND NOT EXISTS (
                SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid
                AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)";
        let statement = Statement::from_string(
            DbBackend::Postgres,
            sql,
        );
        let rows = db.database.reader().query_all_raw(statement).await.unwrap();
        let missing: Vec<String> =
            rows.iter().map(|row| row.try_get("", "line").unwrap()).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
