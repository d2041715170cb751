//! Delays, black holes, and the way to the upstream.

use std::time::{Duration, Instant};

use testservers::{BlackHole, Counts, Proxy};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::echo::{
    connect, echo_server, eventually, hear, hear_all, hear_nothing, proxy_to_echo, say,
};

#[tokio::test]
async fn bytes_pass_and_are_counted() {
    let proxy = proxy_to_echo().await;
    let mut client = connect(&proxy).await;
    say(&mut client, b"hello").await;
    hear(&mut client, b"hello").await;
    let expected = Counts {
        accepted: 1,
        open: 1,
        to_server: 5,
        to_client: 5,
        ..Counts::default()
    };
    assert_eq!(proxy.counts(), expected);
    client.shutdown().await.unwrap();
    let (rest, end) = hear_all(&mut client).await;
    assert!(rest.is_empty() && end.is_ok());
    eventually("the end", || proxy.counts().open == 0).await;
    assert_eq!(proxy.counts().reset, 0);
}

#[tokio::test]
async fn a_delay_holds_in_each_direction_and_keeps_the_order() {
    const DELAY: Duration = Duration::from_millis(150);
    let proxy = proxy_to_echo().await;
    let mut client = connect(&proxy).await;
    proxy.set_delay(DELAY);
    let start = Instant::now();
    say(&mut client, b"first ").await;
    hear(&mut client, b"first ").await;
    assert!(start.elapsed() >= 2 * DELAY, "{:?}", start.elapsed());

    // What is sent without a delay stays behind what still waits.
    say(&mut client, b"slow ").await;
    eventually("the slow part", || proxy.counts().to_server >= 11).await;
    proxy.set_delay(Duration::ZERO);
    say(&mut client, b"quick").await;
    hear(&mut client, b"slow quick").await;
}

#[tokio::test]
async fn a_delay_does_not_limit_the_throughput() {
    const DELAY: Duration = Duration::from_millis(100);
    let proxy = proxy_to_echo().await;
    proxy.set_delay(DELAY);
    let sent: Vec<u8> = (0..4_000_000_u32).map(|i| i.to_le_bytes()[1]).collect();
    let (mut read, mut write) = connect(&proxy).await.into_split();
    let start = Instant::now();
    let expected = sent.clone();
    let writer = tokio::spawn(async move { write.write_all(&sent).await.map(|()| write) });
    let mut heard = vec![0; expected.len()];
    tokio::io::AsyncReadExt::read_exact(&mut read, &mut heard)
        .await
        .unwrap();
    assert!(heard == expected, "the order is kept");
    drop(writer.await.unwrap());
    // One chunk of 16 KiB for each delay would take 24 s.
    assert!(start.elapsed() < Duration::from_secs(12));
}

#[tokio::test]
async fn what_is_held_back_flows_when_the_hole_is_gone() {
    let proxy = proxy_to_echo().await;
    let mut old = connect(&proxy).await;
    say(&mut old, b"before ").await;
    hear(&mut old, b"before ").await;
    proxy.black_hole(Some(BlackHole::Hold));
    let mut new = connect(&proxy).await;
    say(&mut old, b"held").await;
    say(&mut new, b"held too").await;
    hear_nothing(&mut old).await;
    hear_nothing(&mut new).await;
    assert_eq!(proxy.counts().open, 2);
    proxy.black_hole(None);
    hear(&mut old, b"held").await;
    hear(&mut new, b"held too").await;
    assert_eq!(proxy.counts().lost, 0);
}

#[tokio::test]
async fn what_is_discarded_stays_lost_and_so_does_its_connection() {
    let proxy = proxy_to_echo().await;
    let mut spoke = connect(&proxy).await;
    let mut waited = connect(&proxy).await;
    for client in [&mut spoke, &mut waited] {
        say(client, b"before").await;
        hear(client, b"before").await;
    }
    proxy.black_hole(Some(BlackHole::Discard));
    let mut new = connect(&proxy).await;
    say(&mut spoke, b"lost").await;
    say(&mut new, b"lost").await;
    eventually("the loss", || proxy.counts().lost == 8).await;
    proxy.black_hole(None);

    for client in [&mut spoke, &mut new] {
        say(client, b"after").await;
        hear_nothing(client).await;
    }
    say(&mut waited, b"nothing was lost").await;
    hear(&mut waited, b"nothing was lost").await;
    let mut next = connect(&proxy).await;
    say(&mut next, b"healed").await;
    hear(&mut next, b"healed").await;
    assert_eq!(proxy.counts().open, 4);
}

#[tokio::test]
async fn a_server_does_not_learn_that_a_client_left_inside_a_black_hole() {
    let proxy = proxy_to_echo().await;
    let mut client = connect(&proxy).await;
    say(&mut client, b"x").await;
    hear(&mut client, b"x").await;
    proxy.black_hole(Some(BlackHole::Discard));
    drop(client);
    tokio::time::sleep(Duration::from_millis(200)).await;
    proxy.black_hole(None);
    assert_eq!(proxy.counts().open, 1, "the server's side stays");
    proxy.reset_all();
    eventually("the end", || proxy.counts().open == 0).await;
}

#[tokio::test]
async fn new_connections_go_to_the_new_upstream_and_old_ones_stay() {
    let proxy = Proxy::start(echo_server(b"one ").await).unwrap();
    let mut old = connect(&proxy).await;
    hear(&mut old, b"one ").await;
    proxy.set_upstream(echo_server(b"two ").await);
    let mut new = connect(&proxy).await;
    hear(&mut new, b"two ").await;
    say(&mut old, b"still here").await;
    hear(&mut old, b"still here").await;
}

#[tokio::test]
async fn nothing_is_left_of_a_dropped_proxy() {
    let proxy = proxy_to_echo().await;
    let mut client = connect(&proxy).await;
    say(&mut client, b"x").await;
    hear(&mut client, b"x").await;
    let address = proxy.address();
    drop(proxy);
    let (rest, _) = hear_all(&mut client).await;
    assert!(rest.is_empty());
    assert!(TcpStream::connect(address).await.is_err());
}
