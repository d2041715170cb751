//! The section `[database]`.

mod keys;
mod place;
#[cfg(test)]
mod tests;

use std::{fmt, ops::RangeInclusive};

use db::{Engine, Synchronous};

pub use keys::KEYS;

use super::{DatabaseUrl, reader::Reader, sources::Sources, within};

/// An hour in milliseconds: nothing that anybody waits for takes longer.
const WAIT: RangeInclusive<u64> = 1..=3_600_000;

#[derive(Clone)]
pub struct Database {
    pub url: DatabaseUrl,
    /// Never in production, whatever is set.
    pub migrate_on_start: bool,
    /// Whether new series become hypertables.
    pub timescale: bool,
    connection: db::Settings,
}

impl Database {
    /// The same in the words of the database crate.
    pub fn connection(&self) -> db::Settings {
        self.connection.clone()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &self.url)
            .field("migrate_on_start", &self.migrate_on_start)
            .field("timescale", &self.timescale)
            .finish_non_exhaustive()
    }
}

pub fn read(reader: &mut Reader, sources: &Sources, environment: &str) -> Option<Database> {
    let is_default = reader.is_built_in("database.url") && reader.layer("database.host").is_none();
    let url = place::read(reader, &sources.folder);
    let direct_url = reader.take_secret_if_there("database.direct_url", parse_postgres);
    let owner_url = reader.take_secret_if_there("database.owner_url", parse_postgres);
    let replicas = reader.take_secret("database.replicas", parse_replicas);
    let behind_pgbouncer =
        reader.take("database.behind_pgbouncer", TRUTH, |text| text.parse().ok());
    let migrate_on_start =
        reader.take_if_there("database.migrate_on_start", TRUTH, |text| text.parse().ok());
    let timescale = reader.take("database.timescale", "on or off", |text| match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    });
    let limits = read_limits(reader);
    let require_verified_tls = environment == "production";

    let servers = [
        ("database.url", &url),
        ("database.direct_url", &direct_url),
        ("database.owner_url", &owner_url),
    ]
    .into_iter()
    .filter_map(|(key, url)| Some((key, url.as_ref()?)));
    let replica_servers = replicas.iter().flatten();
    for (key, url) in servers.chain(replica_servers.map(|url| ("database.replicas", url))) {
        refuse_untrusted(reader, sources, require_verified_tls, key, url);
    }
    let for_servers = [
        ("database.direct_url", direct_url.is_some()),
        ("database.owner_url", owner_url.is_some()),
        ("database.behind_pgbouncer", behind_pgbouncer == Some(true)),
        ("database.timescale", timescale == Some(true)),
        ("database.replicas", replicas.iter().flatten().count() > 0),
    ];
    refuse_on_sqlite(reader, url.as_ref()?, for_servers);

    let reveal = |url: &DatabaseUrl| url.reveal().to_owned();
    Some(Database {
        migrate_on_start: migrate_on_start.unwrap_or(is_default) && environment != "production",
        timescale: timescale?,
        connection: db::Settings {
            url: reveal(url.as_ref()?),
            direct_url: direct_url.as_ref().map(reveal),
            owner_url: owner_url.as_ref().map(reveal),
            behind_pgbouncer: behind_pgbouncer?,
            replica_urls: replicas?.iter().map(reveal).collect(),
            require_verified_tls,
            ..limits?
        },
        url: url?,
    })
}

const TRUTH: &str = "true or false";

/// Everything but where the servers are.
fn read_limits(reader: &mut Reader) -> Option<db::Settings> {
    let replica_max_lag = reader.take_duration("database.replica_max_lag_ms", WAIT);
    let (pool_min_size, pool_max_size) = read_pool_size(reader);
    let max_overflow = take_number(reader, "database.max_overflow", UP_TO_1000);
    let background = take_number(reader, "database.background_pool_max_size", FROM_1_TO_1000);
    let max_waiting = reader.take(
        "database.max_waiting",
        "a number from 1 to 1000000",
        within(1, 1_000_000),
    );
    let acquire_timeout = reader.take_duration("database.acquire_timeout_ms", WAIT);
    let background_acquire = reader.take_duration("database.background_acquire_timeout_ms", WAIT);
    let command_timeout = reader.take_duration("database.command_timeout_ms", WAIT);
    let background_command_timeout =
        reader.take_duration("database.background_command_timeout_ms", WAIT);
    let inactive = reader.take_duration(
        "database.max_inactive_connection_lifetime_s",
        1000..=86_400_000,
    );
    let pool_recycle = reader.take_duration("database.pool_recycle_s", 1000..=604_800_000);
    let ping_after_idle = reader.take_duration("database.ping_after_idle_ms", 0..=3_600_000);
    let slow_query = reader.take_duration("database.slow_query_ms", WAIT);
    let busy_timeout = reader.take_duration("database.busy_timeout_ms", WAIT);
    let synchronous = reader.take(
        "database.synchronous",
        "full or normal",
        |text| match text {
            "full" => Some(Synchronous::Full),
            "normal" => Some(Synchronous::Normal),
            _ => None,
        },
    );
    Some(db::Settings {
        replica_max_lag: replica_max_lag?,
        pool_min_size: pool_min_size?,
        pool_max_size: pool_max_size?,
        max_overflow: max_overflow?,
        background_pool_max_size: background?,
        max_waiting: max_waiting?,
        acquire_timeout: acquire_timeout?,
        background_acquire_timeout: background_acquire?,
        command_timeout: command_timeout?,
        background_command_timeout: background_command_timeout?,
        max_inactive_connection_lifetime: inactive?,
        pool_recycle: pool_recycle?,
        ping_after_idle: ping_after_idle?,
        slow_query: slow_query?,
        busy_timeout: busy_timeout?,
        synchronous: synchronous?,
        ..db::Settings::new("")
    })
}

fn read_pool_size(reader: &mut Reader) -> (Option<u32>, Option<u32>) {
    let keys = ["database.pool_min_size", "database.pool_max_size"];
    let [least_words, most_words] = keys.map(|key| reader.describe(key));
    let least = take_number(reader, keys[0], UP_TO_1000);
    let most = take_number(reader, keys[1], FROM_1_TO_1000);
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        reader.refuse(format!(
            "{least_words} is {least}, more than {most_words}, which is {most}; lower the one or \
             raise the other"
        ));
    }
    (least, most)
}

const UP_TO_1000: (u32, &str) = (0, "a number from 0 to 1000");
const FROM_1_TO_1000: (u32, &str) = (1, "a number from 1 to 1000");

fn take_number(
    reader: &mut Reader,
    key: &'static str,
    (least, expected): (u32, &'static str),
) -> Option<u32> {
    reader.take(key, expected, within(least, 1000))
}

fn parse_postgres(text: &str) -> Result<DatabaseUrl, String> {
    let url = DatabaseUrl::parse(text).map_err(|error| error.to_string())?;
    match url.address().engine() {
        Engine::Postgres => Ok(url),
        Engine::Sqlite => Err("it must be the address of a PostgreSQL server".to_owned()),
    }
}

/// Separated by white space, which no address of a server holds: a comma separates hosts.
fn parse_replicas(text: &str) -> Result<Vec<DatabaseUrl>, String> {
    let numbered = text.split_whitespace().enumerate();
    let read = |(at, url): (usize, &str)| match url.matches("://").count() {
        0 | 1 => parse_postgres(url).map_err(|reason| format!("replica {}: {reason}", at + 1)),
        _ => Err("separate the addresses by white space; a comma separates hosts".to_owned()),
    };
    numbered.map(read).collect()
}

fn refuse_on_sqlite(reader: &mut Reader, url: &DatabaseUrl, for_servers: [(&str, bool); 5]) {
    if url.address().engine() == Engine::Postgres {
        return;
    }
    for (key, _) in for_servers.into_iter().filter(|(_, is_set)| *is_set) {
        reader.refuse(format!(
            "{key} is for PostgreSQL, but database.url is {url}; remove it, or use a PostgreSQL \
             server"
        ));
    }
}

fn refuse_untrusted(
    reader: &mut Reader,
    sources: &Sources,
    require_verified_tls: bool,
    key: &str,
    url: &DatabaseUrl,
) {
    let Some(address) = url.address().postgres() else {
        return;
    };
    if let Err(error) = address.refuse_variables(|name| sources.variables.contains_key(name)) {
        reader.refuse(format!("{key} cannot be used: {error}"));
    }
    let unverified = address.unverified_remote_host();
    if let Some(host) = unverified.filter(|_| require_verified_tls) {
        reader.refuse(format!(
            "{key} leads to the remote server {host} with sslmode={}, so that another server could \
             take its place; in production set sslmode=verify-full (DB_SSLMODE beside DB_HOST), and \
             sslrootcert=FILE for an authority of your own",
            address.ssl_mode()
        ));
    }
}
