//! TLS as the service offers it: rustls, TLS 1.2 and 1.3.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
};

/// A certificate and its key, ready for use.
#[derive(Clone)]
pub struct Tls(ServerConfig);

/// Why a certificate and a key cannot be used. None of it holds anything of the key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate {} cannot be read: {source}; give a PEM file", path.display())]
    Certificate { path: PathBuf, source: pem::Error },
    #[error("the file {} holds no certificate; give a PEM file with the whole chain", .0.display())]
    NoCertificate(PathBuf),
    #[error(
        "the TLS key {} cannot be read: {source}; give a PEM file that holds a private key, and that \
         the program may read",
        path.display()
    )]
    Key { path: PathBuf, source: pem::Error },
    #[error(
        "the certificate {} and the key {} cannot be used together: {source}",
        certificate.display(),
        key.display()
    )]
    Unusable {
        certificate: PathBuf,
        key: PathBuf,
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads the certificate, with those that lead to its authority after it, and the key: PEM files.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_chain(certificate)?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Key {
            path: key.to_owned(),
            source,
        })?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|versions| {
                versions
                    .with_no_client_auth()
                    .with_single_cert(chain, private)
            });
        config.map(Self).map_err(|source| TlsError::Unusable {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })
    }

    pub(crate) fn config(&self) -> ServerConfig {
        self.0.clone()
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::Certificate {
        path: path.to_owned(),
        source,
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(unreadable)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(path.to_owned()));
    }
    Ok(chain)
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(a certificate and its key)")
    }
}
