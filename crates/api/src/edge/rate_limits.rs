//! How many requests one address or one credential may make.
//!
//! Each counts by the generic cell rate algorithm (GCRA, ITU-T I.371): a burst at once, then a steady
//! rate, with no window at whose turn twice as much gets through.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

use crate::problem::{Problem, kinds};

/// Requests a minute in the long run, and how many may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// 0 is no limit.
    pub per_minute: u32,
    /// At least 1.
    pub burst: u32,
}

impl Rate {
    pub const fn new(per_minute: u32, burst: u32) -> Self {
        Self { per_minute, burst }
    }

    pub const OFF: Self = Self::new(0, 1);

    fn quota(self) -> Option<Quota> {
        let per_minute = NonZeroU32::new(self.per_minute)?;
        let burst = NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN);
        Some(Quota::per_minute(per_minute).allow_burst(burst))
    }
}

/// How often who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitConfig {
    /// All requests of an address.
    pub address: Rate,
    /// All requests with a credential, wherever they come from.
    pub credential: Rate,
    /// Attempts of an address to log in.
    pub login: Rate,
    /// Requests of an address whose credential was missing or wrong.
    pub refusals: Rate,
}

impl RateLimitConfig {
    /// What a service beyond this machine begins with.
    pub const DEFAULT: Self = Self {
        address: Rate::new(12_000, 2_000),
        credential: Rate::new(6_000, 1_000),
        login: Rate::new(10, 5),
        refusals: Rate::new(60, 30),
    };

    /// No limits at all.
    pub const OFF: Self = Self {
        address: Rate::OFF,
        credential: Rate::OFF,
        login: Rate::OFF,
        refusals: Rate::OFF,
    };
}

/// Counts requests. Each method counts one, and refuses it if it is one too many.
#[derive(Debug)]
pub struct RateLimits {
    address: Option<Limiter<IpAddr>>,
    credential: Option<Limiter<Box<str>>>,
    login: Option<Limiter<IpAddr>>,
    refusals: Option<Limiter<IpAddr>>,
}

impl RateLimits {
    pub fn new(config: &RateLimitConfig) -> Self {
        Self {
            address: Limiter::new(config.address, DefaultClock::default()),
            credential: Limiter::new(config.credential, DefaultClock::default()),
            login: Limiter::new(config.login, DefaultClock::default()),
            refusals: Limiter::new(config.refusals, DefaultClock::default()),
        }
    }

    /// A request of an address, whatever it asks for.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Problem> {
        check(self.address.as_ref(), &counted(address), "this address")
    }

    /// A request with a credential; `key` names it, and is not the secret itself.
    pub fn check_credential(&self, key: &str) -> Result<(), Problem> {
        let Some(limiter) = &self.credential else {
            return Ok(());
        };
        check(Some(limiter), &Box::from(key), "this credential")
    }

    /// An attempt to log in.
    pub fn check_login(&self, address: IpAddr) -> Result<(), Problem> {
        let what = "attempts to log in from this address";
        check(self.login.as_ref(), &counted(address), what)
    }

    /// A request that is about to be answered with 401.
    pub fn check_refusal(&self, address: IpAddr) -> Result<(), Problem> {
        let what = "requests without a valid credential from this address";
        check(self.refusals.as_ref(), &counted(address), what)
    }
}

fn check<K: Hash + Eq + Clone>(
    limiter: Option<&Limiter<K>>,
    key: &K,
    what: &str,
) -> Result<(), Problem> {
    let Some(Err(seconds)) = limiter.map(|limiter| limiter.count(key)) else {
        return Ok(());
    };
    let detail = format!("too many requests: {what} may go on in {seconds} s");
    Err(Problem::new(kinds::RATE_LIMITED, detail).retry_after(seconds))
}

/// A subscriber of IPv6 has a whole /64 to take addresses from, so that it counts as one.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(network).into()
        }
    }
}

/// One rate, counted for each key.
struct Limiter<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    counts: RateLimiter<K, HashMapStateStore<K>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    since_sweep: AtomicUsize,
}

/// Keys that have nothing to remember are dropped after so many requests, which bounds the memory: to
/// as many keys, and those whose last requests still count.
const SWEEP_EVERY: usize = 10_000;

impl<K: Hash + Eq + Clone, C: Clock + Clone> Limiter<K, C> {
    fn new(rate: Rate, clock: C) -> Option<Self> {
        let counts = RateLimiter::hashmap_with_clock(rate.quota()?, clock.clone());
        Some(Self {
            counts,
            clock,
            since_sweep: AtomicUsize::new(0),
        })
    }

    /// Refuses with the whole seconds until the next request is let through.
    fn count(&self, key: &K) -> Result<(), u32> {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= SWEEP_EVERY {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.counts.retain_recent();
        }
        self.counts.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
        })
    }
}

impl<K: Hash + Eq + Clone, C: Clock> std::fmt::Debug for Limiter<K, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limiter")
            .field("keys", &self.counts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
