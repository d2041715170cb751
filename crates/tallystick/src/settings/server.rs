//! The section `[server]`: where the service listens, and to whom.

use std::{
    fs, io,
    net::IpAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;

use super::{reader::Reader, sources::Sources, within};

#[derive(Clone, Debug)]
pub struct Server {
    pub host: IpAddr,
    /// 0 takes any free port.
    pub port: u16,
    /// 0 is one for each processor.
    pub workers: usize,
    /// Over all workers.
    pub max_connections: usize,
    pub shutdown_timeout: Duration,
    /// `None` serves plain HTTP.
    pub certificate: Option<Certificate>,
    /// Proxies whose word on a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Sites whose pages may ask the service.
    pub cors_origins: Vec<String>,
    pub metrics: Metrics,
    /// The most that a request's headers may have together.
    pub max_header_bytes: usize,
}

/// The files of a certificate and its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Certificate {
    /// Whether others than the key's owner and group may read it.
    pub fn key_is_readable_by_others(&self) -> io::Result<bool> {
        Ok(fs::metadata(&self.key)?.permissions().mode() & 0o007 != 0)
    }
}

/// For whom `/metrics` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// Everybody on this machine, as long as nobody else reaches the service.
    Loopback,
    Everybody,
    Administrators,
}

impl Server {
    /// Whether only this machine reaches the service: a proxy may pass on what comes from elsewhere.
    pub fn is_local(&self) -> bool {
        self.host.to_canonical().is_loopback() && self.trusted_proxies.is_empty()
    }

    pub fn opens_metrics(&self) -> bool {
        match self.metrics {
            Metrics::Everybody => true,
            Metrics::Loopback => self.is_local(),
            Metrics::Administrators => false,
        }
    }

    pub fn scheme(&self) -> &'static str {
        if self.certificate.is_some() {
            "https"
        } else {
            "http"
        }
    }

    /// What an operator should know of how the service can be reached, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let is_remote = !self.host.to_canonical().is_loopback();
        if is_remote && self.certificate.is_none() && self.trusted_proxies.is_empty() {
            warnings.push(format!(
                "the service listens on {} without TLS: passwords and tokens can be read on the way; \
                 set server.tls_certificate and server.tls_key, or server.trusted_proxies if a proxy \
                 in front of it has TLS",
                self.host
            ));
        }
        if let Some(certificate) = &self.certificate
            && certificate.key_is_readable_by_others().unwrap_or(false)
        {
            warnings.push(format!(
                "every user of this machine may read the TLS key {0}: chmod o= {0}",
                certificate.key.display()
            ));
        }
        warnings
    }
}

pub fn read(reader: &mut Reader, sources: &Sources) -> Option<Server> {
    let host = reader.take(
        "server.host",
        "an IP address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0, or localhost",
        parse_host,
    );
    let port = reader.take("server.port", "a port from 0 to 65535", |text| {
        text.parse().ok()
    });
    let workers = reader.take("server.workers", "a number from 0 to 256", within(0, 256));
    let max_connections = reader.take(
        "server.max_connections",
        "a number from 1 to 100000",
        within(1, 100_000),
    );
    let shutdown = reader.take(
        "server.shutdown_seconds",
        "seconds from 1 to 3600",
        |text| within(1, 3600)(text).map(Duration::from_secs),
    );
    let certificate = read_certificate(reader, &sources.folder);
    let trusted_proxies = reader.take(
        "server.trusted_proxies",
        "addresses or networks such as 10.0.0.0/8, white space between them",
        parse_networks,
    );
    let cors_origins = reader.take(
        "server.cors_origins",
        "origins such as https://console.example, without a path, white space between them",
        parse_origins,
    );
    let metrics = reader.take(
        "server.metrics",
        "loopback, open or admin",
        |text| match text {
            "loopback" => Some(Metrics::Loopback),
            "open" => Some(Metrics::Everybody),
            "admin" => Some(Metrics::Administrators),
            _ => None,
        },
    );
    let max_header_bytes = reader.take(
        "server.max_header_bytes",
        "a number from 1024 to 65536",
        within(1024, 65_536),
    );
    Some(Server {
        host: host?,
        port: port?,
        workers: workers?,
        max_connections: max_connections?,
        shutdown_timeout: shutdown?,
        certificate,
        trusted_proxies: trusted_proxies?,
        cors_origins: cors_origins?,
        metrics: metrics?,
        max_header_bytes: max_header_bytes?,
    })
}

/// Both files, or neither; `None` as well where a fault was noted.
fn read_certificate(reader: &mut Reader, folder: &Path) -> Option<Certificate> {
    let path = |text: &str| Some((!text.is_empty()).then(|| folder.join(text)));
    let words = ["server.tls_certificate", "server.tls_key"].map(|key| reader.describe(key));
    let certificate = reader.take("server.tls_certificate", "the path of a PEM file", path)?;
    let key = reader.take("server.tls_key", "the path of a PEM file", path)?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Certificate { certificate, key }),
        (None, None) => None,
        (certificate, _) => {
            let [set, missing] = if certificate.is_some() {
                ["server.tls_certificate", "server.tls_key"]
            } else {
                ["server.tls_key", "server.tls_certificate"]
            };
            let set = words.into_iter().find(|words| words.starts_with(set))?;
            reader.refuse(format!(
                "{set} is of no use without {missing}; set both, or neither"
            ));
            None
        }
    }
}

fn parse_host(text: &str) -> Option<IpAddr> {
    if text == "localhost" {
        return Some(IpAddr::from([127, 0, 0, 1]));
    }
    text.parse().ok()
}

fn parse_networks(text: &str) -> Option<Vec<IpNet>> {
    let parse = |word: &str| {
        let network = word.parse::<IpNet>().ok();
        network.or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from))
    };
    text.split_whitespace().map(parse).collect()
}

fn parse_origins(text: &str) -> Option<Vec<String>> {
    let words = text.split_whitespace();
    words
        .map(|word| is_origin(word).then(|| word.to_owned()))
        .collect()
}

/// As browsers write it in the header `Origin`: in small letters, and with no slash at the end.
fn is_origin(text: &str) -> bool {
    let Some(authority) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return false;
    };
    let is_plain = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
    };
    !authority.is_empty() && authority.bytes().all(is_plain)
}

#[cfg(test)]
mod tests;
