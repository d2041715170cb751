//! Accepting connections and carrying each to its end.

use std::net::TcpListener as StdTcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use super::BlackHole;
use super::link::{Direction, End, Link};
use super::pump::pump;
use super::shared::Shared;

/// Until the proxy's handle is dropped.
pub(super) async fn serve(
    listener: StdTcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => admit(client, &shared),
                // Too many open files, as a rule; some of them will be closed.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

fn admit(client: TcpStream, shared: &Arc<Shared>) {
    shared.counters.accepted.fetch_add(1, Ordering::SeqCst);
    if shared.faults().refuse {
        shared.counters.reset.fetch_add(1, Ordering::SeqCst);
        reset(client);
        return;
    }
    let open = Open::count(shared);
    let resets = shared.resets.subscribe();
    let link = Link::new(Arc::clone(shared));
    tokio::spawn(async move {
        carry(client, &link, resets).await;
        drop(open);
    });
}

/// Counts a connection as open as long as it lives.
struct Open(Arc<Shared>);

impl Open {
    fn count(shared: &Arc<Shared>) -> Self {
        shared.counters.open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.counters.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn carry(mut client: TcpStream, link: &Link, mut resets: watch::Receiver<u64>) {
    let mut server = None;
    let end = tokio::select! {
        biased;
        _ = resets.changed() => End::Reset,
        end = forward(&mut client, &mut server, link) => end,
    };
    match end {
        End::Closed => {}
        End::Cut => close_after_last_byte(client).await,
        End::Reset | End::Broken => {
            if matches!(end, End::Reset) {
                link.shared.counters.reset.fetch_add(1, Ordering::SeqCst);
            }
            reset(client);
            if let Some(server) = server {
                reset(server);
            }
        }
    }
}

async fn forward(client: &mut TcpStream, server: &mut Option<TcpStream>, link: &Link) -> End {
    if let Some(end) = link.spent() {
        return end;
    }
    if !reaches_server(client, link).await {
        return End::Closed;
    }
    let Ok(connected) = TcpStream::connect(link.shared.faults().upstream).await else {
        return End::Broken;
    };
    let server = server.insert(connected);
    if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
        return End::Broken;
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let both = tokio::try_join!(
        pump(from_client, to_server, link, Direction::ToServer),
        pump(from_server, to_client, link, Direction::ToClient),
    );
    both.err().unwrap_or(End::Closed)
}

/// Waits while a black hole is on. Tells `false` when a client that lost bytes has gone.
async fn reaches_server(client: &mut TcpStream, link: &Link) -> bool {
    let mut faults = link.shared.faults.subscribe();
    loop {
        let black_hole = faults.borrow_and_update().black_hole;
        let changed = faults.changed();
        match black_hole {
            _ if link.has_lost() => {}
            None => return true,
            Some(BlackHole::Discard) => {}
            Some(BlackHole::Hold) => {
                // The sender is in `shared`, so there is one.
                let _ = changed.await;
                continue;
            }
        }
        let mut swallowed = [0; 1024];
        tokio::select! {
            _ = changed => {}
            read = client.read(&mut swallowed) => {
                let bytes = read.unwrap_or(0);
                link.lose(bytes);
                if bytes == 0 {
                    return false;
                }
            }
        }
    }
}

/// The client sees the end behind the last byte, not a reset because of what it said meanwhile.
async fn close_after_last_byte(mut client: TcpStream) {
    // If it is gone there is nothing to tell it.
    let _ = client.shutdown().await;
    let mut ignored = [0; 4096];
    while client.try_read(&mut ignored).is_ok_and(|bytes| bytes > 0) {}
}

fn reset(stream: TcpStream) {
    // If it is gone there is nothing to reset.
    let _ = stream.set_zero_linger();
    drop(stream);
}
