//! A server that says what it hears, and clients that do not wait for ever.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use testservers::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long silence must last to count as silence.
const SILENCE: Duration = Duration::from_millis(300);

/// Puts `prefix` before what each connection hears, so that two servers can be told apart.
pub async fn echo_server(prefix: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let (mut read, mut write) = stream.split();
                write.write_all(prefix).await?;
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    address
}

pub async fn proxy_to_echo() -> Proxy {
    Proxy::start(echo_server(b"").await).unwrap()
}

pub async fn connect(proxy: &Proxy) -> TcpStream {
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    // Without it a byte waits for the receipt of the one before.
    client.set_nodelay(true).unwrap();
    client
}

pub async fn say(client: &mut TcpStream, words: &[u8]) {
    client.write_all(words).await.unwrap();
}

pub async fn hear(client: &mut TcpStream, words: &[u8]) {
    let mut heard = vec![0; words.len()];
    timeout(PATIENCE, client.read_exact(&mut heard))
        .await
        .expect("an answer in time")
        .unwrap();
    assert_eq!(heard, words);
}

pub async fn hear_nothing(client: &mut TcpStream) {
    let heard = timeout(SILENCE, client.read_u8()).await;
    assert!(heard.is_err(), "{heard:?}");
}

/// All that comes until the connection ends, and how it ends.
pub async fn hear_all(client: &mut TcpStream) -> (Vec<u8>, io::Result<()>) {
    let mut heard = Vec::new();
    let end = timeout(PATIENCE, client.read_to_end(&mut heard))
        .await
        .expect("an end in time");
    (heard, end.map(drop))
}

pub async fn hear_reset(client: &mut TcpStream) {
    let (_, end) = hear_all(client).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, wait).await.is_ok(), "not seen: {what}");
}
