use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    path::{Path, PathBuf},
};

use super::{AddressError, parameters::Parameters, text};

const DEFAULT_PORT: u16 = 5432;

/// One place where a PostgreSQL server may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    place: Place,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Name(String),
    Ip(IpAddr),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

impl Host {
    /// `text` is decoded already; an IPv6 address may stand in brackets.
    pub(super) fn new(text: &str, port: u16) -> Result<Self, AddressError> {
        let bracketed = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let place = if let Some(inner) = bracketed {
            let address: Ipv6Addr = inner.parse().map_err(|_| AddressError::WrongHost)?;
            Place::Ip(address.into())
        } else if text.starts_with('/') {
            Place::Socket(PathBuf::from(text))
        } else if let Ok(address) = text.parse() {
            Place::Ip(address)
        } else if is_name(text) {
            Place::Name(text.to_owned())
        } else {
            return Err(AddressError::WrongHost);
        };
        Ok(Self { place, port })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket, where it is not reached over a network.
    pub fn socket_folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Socket(folder) => Some(folder),
            _ => None,
        }
    }

    /// Whether what is sent there stays on this machine: a socket, `localhost`, a loopback address.
    pub fn is_local(&self) -> bool {
        match &self.place {
            Place::Name(name) => name.eq_ignore_ascii_case("localhost"),
            Place::Ip(address) => address.to_canonical().is_loopback(),
            Place::Socket(_) => true,
        }
    }

    /// The name, the address without brackets, or the socket's folder.
    pub(super) fn place(&self) -> String {
        match &self.place {
            Place::Name(name) => name.clone(),
            Place::Ip(address) => address.to_string(),
            Place::Socket(folder) => folder.display().to_string(),
        }
    }
}

/// `db.example:5432`, `[::1]:5432`, or the socket's file.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.place {
            Place::Name(name) => write!(f, "{name}:{port}"),
            Place::Ip(IpAddr::V4(address)) => write!(f, "{address}:{port}"),
            Place::Ip(IpAddr::V6(address)) => write!(f, "[{address}]:{port}"),
            Place::Socket(folder) => write!(f, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=253).contains(&text.len()) && text.bytes().all(is_plain)
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if is_number && port > 0 => Ok(port),
        _ => Err(AddressError::WrongPort),
    }
}

/// Hosts stand in their place, or else as parameters; so do their ports.
pub fn parse_hosts(in_place: &str, parameters: &mut Parameters) -> Result<Vec<Host>, AddressError> {
    let written = match (in_place, parameters.take("host")) {
        ("", None) => return Err(AddressError::NoHost),
        ("", Some(hosts)) => hosts
            .split(',')
            .map(|host| (host.to_owned(), None))
            .collect(),
        (_, Some(_)) => return Err(AddressError::Repeated { name: "host" }),
        (hosts, None) => hosts
            .split(',')
            .map(split_port)
            .collect::<Result<Vec<_>, _>>()?,
    };
    let ports = match parameters.take("port") {
        None => Vec::new(),
        Some(_) if written.iter().any(|(_, port)| port.is_some()) => {
            return Err(AddressError::Repeated { name: "port" });
        }
        Some(ports) => ports
            .split(',')
            .map(parse_port)
            .collect::<Result<Vec<_>, _>>()?,
    };
    if ports.len() > 1 && ports.len() != written.len() {
        return Err(AddressError::PortCount);
    }
    let host_at = |(at, (host, port)): (usize, (String, Option<u16>))| {
        let listed = ports.get(at).or(ports.first()).copied();
        if host.is_empty() {
            return Err(AddressError::Empty { part: "host" });
        }
        Host::new(&host, port.or(listed).unwrap_or(DEFAULT_PORT))
    };
    written.into_iter().enumerate().map(host_at).collect()
}

/// `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
fn split_port(text: &str) -> Result<(String, Option<u16>), AddressError> {
    let end_of_host = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match text[end_of_host..].find(':') {
        Some(colon) => {
            let colon = end_of_host + colon;
            (&text[..colon], Some(parse_port(&text[colon + 1..])?))
        }
        None => (text, None),
    };
    Ok((text::decode("host", host)?, port))
}
