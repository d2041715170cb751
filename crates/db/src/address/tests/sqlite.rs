use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

use super::{refusal, sqlite};
use crate::{Address, AddressError, Engine, SqliteMode};

#[test]
fn an_address_names_its_file() {
    for (url, file) in [
        ("sqlite://data/a.db", "data/a.db"),
        ("sqlite:data/a.db", "data/a.db"),
        ("sqlite:///abs/a.db?mode=ro", "/abs/a.db"),
        ("sqlite:/abs/a.db", "/abs/a.db"),
        ("sqlite://my books/100%25.db", "my books/100%.db"),
        ("sqlite://what%3Fthe%23.db", "what?the#.db"),
    ] {
        assert_eq!(sqlite(url).file(), Some(Path::new(file)), "{url}");
        assert_eq!(sqlite(url).options().get_filename(), Path::new(file));
        assert_eq!(Address::parse(url).unwrap().engine(), Engine::Sqlite);
    }
}

#[test]
fn a_mode_says_what_may_be_done() {
    for (url, mode) in [
        ("sqlite://a.db", SqliteMode::Create),
        ("sqlite://a.db?mode=rwc", SqliteMode::Create),
        ("sqlite://a.db?mode=rw", SqliteMode::ReadWrite),
        ("sqlite://a.db?mode=ro", SqliteMode::ReadOnly),
        ("sqlite::memory:", SqliteMode::Create),
    ] {
        assert_eq!(sqlite(url).mode(), mode, "{url}");
    }
}

#[tokio::test]
async fn the_modes_reach_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let open = async |mode: &str| {
        let url = format!("sqlite://{}/a.db{mode}", folder.path().display());
        SqliteConnection::connect_with(&sqlite(&url).options()).await
    };
    assert!(open("?mode=rw").await.is_err());
    assert!(open("?mode=ro").await.is_err());
    let mut made = open("").await.unwrap();
    sqlx::query("CREATE TABLE t (x)")
        .execute(&mut made)
        .await
        .unwrap();
    let mut reader = open("?mode=ro").await.unwrap();
    assert!(
        sqlx::query("INSERT INTO t VALUES (1)")
            .execute(&mut reader)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_address_and_its_clone_lead_to_one_database_in_memory_and_another_to_another() {
    let address = sqlite("sqlite::memory:");
    let mut first = SqliteConnection::connect_with(&address.options())
        .await
        .unwrap();
    sqlx::query("CREATE TABLE t (x)")
        .execute(&mut first)
        .await
        .unwrap();
    let mut same = SqliteConnection::connect_with(&address.clone().options())
        .await
        .unwrap();
    sqlx::query("SELECT * FROM t")
        .execute(&mut same)
        .await
        .unwrap();

    let other = sqlite("sqlite::memory:");
    let mut other = SqliteConnection::connect_with(&other.options())
        .await
        .unwrap();
    assert!(
        sqlx::query("SELECT * FROM t")
            .execute(&mut other)
            .await
            .is_err()
    );
}

#[test]
fn every_way_to_write_memory_is_understood() {
    for url in [
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://?mode=memory",
        "sqlite::memory:?mode=memory",
    ] {
        assert_eq!(sqlite(url).file(), None, "{url}");
        assert_eq!(sqlite(url).to_string(), "sqlite::memory:");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (url, part) in [
        ("sqlite:", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite://?mode=ro", "names no file"),
        ("sqlite://a.db?mode=memory", "has no file"),
        ("sqlite::memory:?mode=ro", "has no file"),
        (
            "sqlite://a.db?mode=wal",
            "mode must be ro, rw, rwc or memory",
        ),
        ("sqlite://a.db?mode=", "mode is empty"),
        ("sqlite://a.db?mode=ro&mode=rw", "mode is given twice"),
        (
            "sqlite://a.db?cache=shared",
            "cache is not a known parameter; known are mode",
        ),
        ("sqlite://a.db?immutable=1", "immutable is not"),
        ("sqlite://a.db?", "no = after"),
        ("sqlite://a.db#x", "more than one way"),
        ("sqlite://100%.db", "write % itself as %25"),
        ("sqlite://a.db\n", "control characters"),
        ("sqlite://a%00.db", "control characters"),
        ("sqlite://a%ff.db", "not UTF-8"),
        ("sqlite:file:a.db%3Fmode=ro", "write no file: before"),
    ] {
        let error = refusal(url).to_string();
        assert!(error.contains(part), "{url}: {error}");
    }
    assert_eq!(refusal("sqlite://"), AddressError::NoFile);
}
