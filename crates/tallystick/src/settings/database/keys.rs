//! Every setting of the section `[database]`, and the short variable that may set it.

use crate::settings::duration::Unit;

/// A key of the configuration files that a variable may set as well.
pub struct Key {
    /// With the section before it, as the files' keys are named in messages.
    pub name: &'static str,
    pub variable: Option<&'static str>,
    /// What the variable counts in, where that is not the key's own unit.
    pub unit: Option<Unit>,
}

const fn key(name: &'static str) -> Key {
    Key {
        name,
        variable: None,
        unit: None,
    }
}

impl Key {
    const fn or(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            ..self
        }
    }

    const fn or_seconds(self, variable: &'static str) -> Self {
        Self {
            variable: Some(variable),
            unit: Some(Unit::Seconds),
            ..self
        }
    }
}

pub const KEYS: &[Key] = &[
    key("database.url").or("DATABASE_URL"),
    key("database.host").or("DB_HOST"),
    key("database.port").or("DB_PORT"),
    key("database.name").or("DB_NAME"),
    key("database.user").or("DB_USER"),
    key("database.password").or("DB_PASSWORD"),
    key("database.password_file").or("DB_PASSWORD_FILE"),
    key("database.sslmode").or("DB_SSLMODE"),
    key("database.sslrootcert").or("DB_SSLROOTCERT"),
    key("database.direct_url").or("DB_DIRECT_URL"),
    key("database.owner_url").or("DATABASE_OWNER_URL"),
    key("database.behind_pgbouncer"),
    key("database.replicas").or("DB_REPLICA_URLS"),
    key("database.replica_max_lag_ms"),
    key("database.pool_min_size").or("DB_POOL_MIN_SIZE"),
    key("database.pool_max_size").or("DB_POOL_MAX_SIZE"),
    key("database.max_overflow").or("DB_MAX_OVERFLOW"),
    key("database.background_pool_max_size").or("DB_BACKGROUND_POOL_MAX_SIZE"),
    key("database.max_waiting").or("DB_MAX_WAITING"),
    key("database.acquire_timeout_ms").or_seconds("DB_ACQUIRE_TIMEOUT"),
    key("database.background_acquire_timeout_ms").or_seconds("DB_BACKGROUND_ACQUIRE_TIMEOUT"),
    key("database.command_timeout_ms").or_seconds("DB_COMMAND_TIMEOUT"),
    key("database.background_command_timeout_ms").or_seconds("DB_BACKGROUND_COMMAND_TIMEOUT"),
    key("database.max_inactive_connection_lifetime_s").or("DB_MAX_INACTIVE_CONNECTION_LIFETIME"),
    key("database.pool_recycle_s").or("DB_POOL_RECYCLE"),
    key("database.ping_after_idle_ms"),
    key("database.slow_query_ms").or("DB_SLOW_QUERY_MS"),
    key("database.busy_timeout_ms"),
    key("database.synchronous"),
    key("database.migrate_on_start"),
];

/// The keys that together say the same as `database.url`; the first is never missing among them.
pub const PARTS: [&str; 8] = [
    "database.host",
    "database.port",
    "database.name",
    "database.user",
    "database.password",
    "database.password_file",
    "database.sslmode",
    "database.sslrootcert",
];
