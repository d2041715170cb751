//! One direction of a connection: bytes go in with a time stamp and come out when they are due.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::link::{Direction, End, Link};

const CHUNK_BYTES: usize = 16 * 1024;
/// What may be under way; beyond it the sender feels that the network is full.
const CHUNKS_UNDER_WAY: usize = 2048;

struct Chunk {
    due: Instant,
    arrival: Arrival,
}

enum Arrival {
    Bytes(Vec<u8>),
    Closed,
    Broken,
}

impl Arrival {
    fn bytes(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Closed | Self::Broken => 0,
        }
    }
}

/// Passes on what one side says until that side has closed.
pub(super) async fn pump(
    from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    link: &Link,
    direction: Direction,
) -> Result<(), End> {
    let (queue, chunks) = mpsc::channel(CHUNKS_UNDER_WAY);
    tokio::try_join!(
        receive(from, queue, link),
        release(chunks, to, link, direction)
    )?;
    Ok(())
}

async fn receive(
    mut from: ReadHalf<'_>,
    queue: mpsc::Sender<Chunk>,
    link: &Link,
) -> Result<(), End> {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let arrival = read(&mut from, &mut buffer).await;
        let ends = arrival.bytes() == 0;
        if link.takes(arrival.bytes()) {
            let due = Instant::now() + link.shared.faults().delay;
            // It fails only if the other half has ended, which ends this one as well.
            let _ = queue.send(Chunk { due, arrival }).await;
        }
        if ends {
            return Ok(());
        }
    }
}

async fn read(from: &mut ReadHalf<'_>, buffer: &mut [u8]) -> Arrival {
    match from.read(buffer).await {
        Ok(0) => Arrival::Closed,
        Ok(bytes) => Arrival::Bytes(buffer[..bytes].to_vec()),
        Err(_) => Arrival::Broken,
    }
}

async fn release(
    mut chunks: mpsc::Receiver<Chunk>,
    mut to: WriteHalf<'_>,
    link: &Link,
    direction: Direction,
) -> Result<(), End> {
    while let Some(Chunk { due, arrival }) = chunks.recv().await {
        // The timer counts in milliseconds: it would delay what is due already.
        if due > Instant::now() {
            sleep_until(due).await;
        }
        if !link.passes(arrival.bytes()).await {
            continue;
        }
        match arrival {
            Arrival::Bytes(bytes) => deliver(&bytes, &mut to, link, direction).await?,
            Arrival::Closed => to.shutdown().await.map_err(|_| End::Broken)?,
            Arrival::Broken => return Err(End::Broken),
        }
    }
    Ok(())
}

async fn deliver(
    bytes: &[u8],
    to: &mut WriteHalf<'_>,
    link: &Link,
    direction: Direction,
) -> Result<(), End> {
    let allowed = link.claim(direction, bytes.len());
    to.write_all(&bytes[..allowed])
        .await
        .map_err(|_| End::Broken)?;
    link.spent().map_or(Ok(()), Err)
}
