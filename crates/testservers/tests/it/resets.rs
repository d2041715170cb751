//! Connections that the proxy cuts, resets or refuses.

use std::net::TcpListener;

use testservers::Proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::echo::{
    connect, eventually, hear, hear_all, hear_nothing, hear_reset, proxy_to_echo, say,
};

#[tokio::test]
async fn every_open_connection_is_reset_and_the_next_one_is_not() {
    let proxy = proxy_to_echo().await;
    let mut clients = [connect(&proxy).await, connect(&proxy).await];
    for client in &mut clients {
        say(client, b"x").await;
        hear(client, b"x").await;
    }
    proxy.reset_all();
    for client in &mut clients {
        hear_reset(client).await;
    }
    eventually("the ends", || proxy.counts().open == 0).await;
    assert_eq!(proxy.counts().reset, 2);
    let mut next = connect(&proxy).await;
    say(&mut next, b"y").await;
    hear(&mut next, b"y").await;
}

#[tokio::test]
async fn a_refused_client_sees_a_reset() {
    let proxy = proxy_to_echo().await;
    proxy.refuse(true);
    let mut refused = connect(&proxy).await;
    hear_reset(&mut refused).await;
    assert_eq!(proxy.counts().reset, 1);
    proxy.refuse(false);
    let mut client = connect(&proxy).await;
    say(&mut client, b"x").await;
    hear(&mut client, b"x").await;
}

#[tokio::test]
async fn a_client_whose_server_is_not_there_sees_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap()).unwrap();
    drop(listener);
    hear_reset(&mut connect(&proxy).await).await;
}

#[tokio::test]
async fn a_cut_delivers_exactly_so_many_bytes() {
    let proxy = proxy_to_echo().await;
    let mut before = connect(&proxy).await;
    say(&mut before, b"x").await;
    hear(&mut before, b"x").await;
    let sent: Vec<u8> = (0..60_000_u32).map(|i| i.to_le_bytes()[0]).collect();
    for bytes in [0, 1, 10, 20_000_usize] {
        proxy.cut_after(Some(bytes as u64));
        let mut client = connect(&proxy).await;
        // It may see the end before it has sent all.
        let _ = client.write_all(&sent[..=bytes]).await;
        let (heard, _) = hear_all(&mut client).await;
        assert_eq!(heard, sent[..heard.len()]);
        assert_eq!(heard.len(), bytes);
    }
    proxy.cut_after(None);
    let mut uncut = connect(&proxy).await;
    for client in [&mut before, &mut uncut] {
        say(client, &sent).await;
        hear(client, &sent).await;
    }
}

/// How many bytes each of the next connections hears before its reset; `None` without one.
async fn fates(proxy: &Proxy, seed: u64) -> Vec<Option<usize>> {
    proxy.reset_probability(0.5, seed, 100);
    let mut fates = Vec::new();
    for _ in 0..20 {
        let mut client = connect(proxy).await;
        fates.push(bytes_until_reset(&mut client).await);
    }
    fates
}

/// One byte after the other, there and back; more of them than a reset waits for.
async fn bytes_until_reset(client: &mut tokio::net::TcpStream) -> Option<usize> {
    for passed in 0..60 {
        if client.write_all(b"x").await.is_err() || client.read_u8().await.is_err() {
            return Some(passed);
        }
    }
    None
}

#[tokio::test]
async fn the_same_seed_resets_the_same_connections_after_the_same_bytes() {
    let proxy = proxy_to_echo().await;
    let first = fates(&proxy, 7).await;
    assert_eq!(fates(&proxy, 7).await, first);
    assert_ne!(fates(&proxy, 8).await, first);
    let resets = first.iter().flatten().count();
    assert!((1..20).contains(&resets), "{first:?}");
    assert!(proxy.counts().reset >= 2 * resets as u64);

    proxy.reset_probability(0.0, 7, 100);
    let mut client = connect(&proxy).await;
    assert_eq!(bytes_until_reset(&mut client).await, None);
    hear_nothing(&mut client).await;
}
