//! Over TLS: the certificate is that of the name in the URL, whatever address was found for it.

use std::{net::SocketAddr, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{client, new, send_by};
use crate::webhooks::connect::tls;

#[tokio::test]
async fn a_certificate_must_be_of_the_endpoints_name() {
    let made = rcgen::generate_simple_self_signed(["hooks.example".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let address = serve(config).await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut trusting = client(&[address], &Arc::default());
    trusting.connector.tls = tls(roots);

    let sent = send_by(trusting.clone(), new("https://hooks.example/")).await;
    assert_eq!(sent.unwrap(), 200);
    for (client, url) in [
        (trusting, "https://other.example/"),
        (
            client(&[address], &Arc::default()),
            "https://hooks.example/",
        ),
    ] {
        let failure = send_by(client, new(url)).await.unwrap_err();
        assert!(failure.detail.contains("no secure connection"), "{failure}");
    }
}

/// Answers 200 to every connection that gets through.
async fn serve(config: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
            let _ = stream.flush().await;
        }
    });
    address
}
