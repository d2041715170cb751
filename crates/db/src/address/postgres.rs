use std::{fmt, time::Duration};

use sqlx::postgres::PgConnectOptions;

use super::{
    AddressError, Host, SslMode, host::parse_hosts, parameters::Parameters, text, tls::Tls,
};

const KNOWN: &[&str] = &[
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "application_name",
    "connect_timeout",
    "target_session_attrs",
];

/// A PostgreSQL server, or a primary and the servers that may take its place.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    hosts: Vec<Host>,
    user: Option<String>,
    password: Option<String>,
    database: Option<String>,
    tls: Tls,
    application_name: Option<String>,
    connect_timeout: Option<Duration>,
    requires_primary: bool,
}

impl PostgresAddress {
    /// `rest` is what follows `postgres:`.
    pub(super) fn parse(rest: &str) -> Result<Self, AddressError> {
        let rest = rest
            .strip_prefix("//")
            .ok_or(AddressError::MissingSlashes)?;
        let pieces = Pieces::split(rest)?;
        let mut parameters = Parameters::parse(pieces.query, KNOWN)?;
        let (user, password) = match pieces.login.map(|login| login.split_once(':')) {
            None => (None, None),
            Some(None) => (pieces.login, None),
            Some(Some((user, password))) => (Some(user), Some(password)),
        };
        Ok(Self {
            user: one_of("user", user, &mut parameters)?,
            password: one_of("password", password, &mut parameters)?,
            database: one_of("dbname", pieces.database, &mut parameters)?,
            hosts: parse_hosts(pieces.hosts, &mut parameters)?,
            tls: Tls::take(&mut parameters)?,
            application_name: parameters.take("application_name"),
            connect_timeout: take_connect_timeout(&mut parameters)?,
            requires_primary: take_target(&mut parameters)?,
        })
    }

    /// At least one, in the order in which they are to be tried.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The database; left out, it is the one with the user's name.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    pub fn ssl_mode(&self) -> SslMode {
        self.tls.mode
    }

    /// How long one host may take to answer, where the URL says so.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// Whether the URL asks that a server which only reads is passed over.
    pub fn requires_primary(&self) -> bool {
        self.requires_primary
    }

    /// The first host on a network that could be impersonated: its certificate does not prove its
    /// name.
    pub fn unverified_remote_host(&self) -> Option<&Host> {
        let is_verified = self.tls.mode == SslMode::VerifyFull;
        self.hosts
            .iter()
            .find(|host| !is_verified && !host.is_local())
    }

    /// Refuses the variables that the driver obeys whatever it is told, and that cannot be
    /// overridden; the others are overridden by [`PostgresAddress::options`].
    pub fn refuse_variables(&self, is_set: impl Fn(&str) -> bool) -> Result<(), AddressError> {
        let may_encrypt = self
            .hosts
            .iter()
            .any(|host| self.mode_of(host) != SslMode::Disable);
        let certificates: &[_] = match &self.tls.client {
            None if may_encrypt => &["PGSSLCERT", "PGSSLKEY"],
            _ => &[],
        };
        let mut obeyed = ["PGOPTIONS"].iter().chain(certificates);
        match obeyed.find(|name| is_set(name)) {
            Some(name) => Err(AddressError::ForeignVariable(name)),
            None => Ok(()),
        }
    }

    /// How to reach `host`. Every field that the driver would fill from `PG…` variables is set.
    pub fn options(&self, host: &Host) -> PgConnectOptions {
        let user = self.user.clone().unwrap_or_else(name_of_owner);
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&host.place())
            .port(host.port())
            .username(&user)
            .password(self.password.as_deref().unwrap_or_default())
            .database(self.database.as_deref().unwrap_or(&user))
            // Poolers refuse it, and since PostgreSQL 12 floats keep all their digits without it.
            .extra_float_digits(None)
            .application_name(self.application_name.as_deref().unwrap_or("tallystick"))
            .ssl_mode(self.mode_of(host).of_driver());
        options = match &self.tls.root {
            Some(file) => options.ssl_root_cert(file),
            // No certificate at all: the driver cannot be told to forget the one of PGSSLROOTCERT.
            None => options.ssl_root_cert_from_pem(Vec::new()),
        };
        if let Some((certificate, key)) = &self.tls.client {
            options = options.ssl_client_cert(certificate).ssl_client_key(key);
        }
        match host.socket_folder() {
            Some(folder) => options.socket(folder),
            None => options,
        }
    }

    /// A server does not encrypt on a socket; libpq does not ask it to either.
    fn mode_of(&self, host: &Host) -> SslMode {
        match host.socket_folder() {
            Some(_) => SslMode::Disable,
            None => self.tls.mode,
        }
    }
}

/// The user of this process, as its system knows it.
fn name_of_owner() -> String {
    whoami::username().unwrap_or_else(|_| "postgres".to_owned())
}

/// The text of a URL, cut where it can be cut in one way only.
struct Pieces<'a> {
    login: Option<&'a str>,
    hosts: &'a str,
    database: Option<&'a str>,
    query: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    fn split(rest: &'a str) -> Result<Self, AddressError> {
        if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Blank);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let marks = rest.matches('@').count();
        // An unescaped character of a password would make a piece of it look like a host or a path.
        if rest.contains('#') || marks > 1 || authority.matches('@').count() != marks {
            return Err(AddressError::Ambiguous);
        }
        let behind = rest.strip_prefix(authority).unwrap_or_default();
        let (path, query) = match behind.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (behind, None),
        };
        let database = path.strip_prefix('/').filter(|name| !name.is_empty());
        if database.is_some_and(|name| name.contains(['/', '=', '&', ':'])) {
            return Err(AddressError::WrongDatabase);
        }
        let (login, hosts) = match authority.split_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, authority),
        };
        Ok(Self {
            login,
            hosts,
            database,
            query,
        })
    }
}

/// What stands in its own place in the URL, or else as a parameter.
fn one_of(
    name: &'static str,
    in_place: Option<&str>,
    parameters: &mut Parameters,
) -> Result<Option<String>, AddressError> {
    match (in_place, parameters.take(name)) {
        (Some(_), Some(_)) => Err(AddressError::Repeated { name }),
        (Some(text), None) => text::decode(name, text).map(Some),
        (None, parameter) => Ok(parameter),
    }
}

fn take_connect_timeout(parameters: &mut Parameters) -> Result<Option<Duration>, AddressError> {
    let Some(text) = parameters.take("connect_timeout") else {
        return Ok(None);
    };
    match text.parse() {
        Ok(seconds @ 1..=3600) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(AddressError::WrongValue {
            name: "connect_timeout",
            expected: "seconds from 1 to 3600",
        }),
    }
}

fn take_target(parameters: &mut Parameters) -> Result<bool, AddressError> {
    match parameters.take("target_session_attrs").as_deref() {
        None | Some("any") => Ok(false),
        Some("read-write" | "primary") => Ok(true),
        Some(_) => Err(AddressError::WrongValue {
            name: "target_session_attrs",
            expected: "any, read-write or primary (a replica belongs into database.replicas)",
        }),
    }
}

/// Without the password, the certificates and the application's name.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgresql://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        let hosts: Vec<_> = self.hosts.iter().map(ToString::to_string).collect();
        f.write_str(&hosts.join(","))?;
        if let Some(database) = &self.database {
            write!(f, "/{database}")?;
        }
        write!(f, "?sslmode={}", self.tls.mode)
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
