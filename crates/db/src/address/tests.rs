mod environment;
mod postgres;
mod secrets;
mod servers;
mod sqlite;

use super::{Address, AddressError, PostgresAddress, SqliteAddress};

fn postgres(url: &str) -> PostgresAddress {
    match Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")) {
        Address::Postgres(address) => address,
        Address::Sqlite(_) => panic!("{url} is SQLite"),
    }
}

fn sqlite(url: &str) -> SqliteAddress {
    match Address::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")) {
        Address::Sqlite(address) => address,
        Address::Postgres(_) => panic!("{url} is PostgreSQL"),
    }
}

fn refusal(url: &str) -> AddressError {
    match Address::parse(url) {
        Err(error) => error,
        Ok(address) => panic!("{url} was taken for {address}"),
    }
}

#[test]
fn an_unknown_scheme_is_refused() {
    for url in [
        "",
        "data/x.db",
        "mysql://h/d",
        "Postgres://h/d",
        "postgres",
        " sqlite://a.db",
    ] {
        assert_eq!(refusal(url), AddressError::UnknownScheme, "{url}");
    }
}
