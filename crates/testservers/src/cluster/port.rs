//! Ports that nobody listens on.

use std::net::TcpListener;

use anyhow::{Context, Result};

/// Below the ports that systems hand out to connections: one of those could take a server's port
/// while it is stopped, and a client that dials a stopped server could reach itself.
const PORTS: std::ops::Range<u16> = 15_000..32_000;
const ATTEMPTS: usize = 200;

/// A port on 127.0.0.1 that was free a moment ago.
pub fn free_port() -> Result<u16> {
    (0..ATTEMPTS)
        .map(|_| fastrand::u16(PORTS))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no free port on 127.0.0.1")
}
