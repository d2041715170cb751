//! Connections to addresses that were looked at first.
//!
//! A name is looked up once, each of its addresses is checked, and one of exactly these is connected to: what the
//! name leads to a moment later (DNS rebinding) does not matter.

use std::{io, net::SocketAddr, sync::Arc};

use futures_util::future::BoxFuture;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use url::Host;

use super::{Endpoint, Failure, addresses::is_public};

/// Finds the addresses of a name and a port.
pub(super) type Lookup =
    Arc<dyn Fn(String, u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// A connection, over TLS for `https`.
pub(super) type Stream = TokioIo<Box<dyn Bytes>>;

pub(super) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytes for S {}

#[derive(Clone)]
pub(super) struct Connector {
    pub lookup: Lookup,
    /// `None` where this machine names no certificate authority.
    pub tls: Option<TlsConnector>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    pub fn new() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = if roots.is_empty() { None } else { tls(roots) };
        Self {
            lookup: Arc::new(|host, port| Box::pin(look_up(host, port))),
            tls,
        }
    }

    pub async fn connect(&self, endpoint: &Endpoint) -> Result<Stream, Failure> {
        let addresses = self.addresses(endpoint).await?;
        let plain = connect_to(endpoint, &addresses).await?;
        let stream: Box<dyn Bytes> = if endpoint.url.scheme() == "https" {
            self.secured(endpoint, plain).await?
        } else {
            Box::new(plain)
        };
        Ok(TokioIo::new(stream))
    }

    /// All addresses of the endpoint's host, if each of them may be sent to.
    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Failure> {
        let no_host = || Failure::for_good("the endpoint's URL names no host");
        let port = endpoint.url.port_or_known_default().ok_or_else(no_host)?;
        let found = match endpoint.url.host().ok_or_else(no_host)? {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => (self.lookup)(name.to_owned(), port)
                .await
                .map_err(|_| Failure::passing(format!("no address of {name} can be found")))?,
        };
        let is_refused = |address: &&SocketAddr| !is_public(address.ip());
        if !endpoint.allow_private && found.iter().any(|address| is_refused(&address)) {
            return Err(Failure::for_good(format!(
                "{} is not on the public internet: set `allow_private = true` for this endpoint if it \
                 may be told all the same",
                endpoint.host()
            )));
        }
        Ok(found)
    }

    async fn secured(
        &self,
        endpoint: &Endpoint,
        plain: TcpStream,
    ) -> Result<Box<dyn Bytes>, Failure> {
        let tls = self.tls.as_ref().ok_or_else(|| {
            Failure::passing("this machine has no certificate authorities: install ca-certificates")
        })?;
        let host = endpoint.host();
        // A literal address of IPv6 stands in brackets in a URL alone.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| Failure::for_good("the endpoint's URL names no host"))?;
        let secured = tls.connect(name, plain).await.map_err(|error| {
            Failure::passing(format!("there is no secure connection to {host}: {error}"))
        })?;
        Ok(Box::new(secured))
    }
}

/// Tries one address after another.
async fn connect_to(endpoint: &Endpoint, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut refused = format!("no address of {} can be found", endpoint.host());
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = format!("{} cannot be reached: {error}", endpoint.host()),
        }
    }
    Err(Failure::passing(refused))
}

async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

pub(super) fn tls(roots: RootCertStore) -> Option<TlsConnector> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}
