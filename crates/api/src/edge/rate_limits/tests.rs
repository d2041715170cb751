use std::{net::IpAddr, time::Duration};

use governor::clock::FakeRelativeClock;
use proptest::prelude::*;

use super::{Limiter, Rate, RateLimitConfig, RateLimits, SWEEP_EVERY, counted};

fn limiter(per_minute: u32, burst: u32) -> (Limiter<u32, FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    let limiter = Limiter::new(Rate::new(per_minute, burst), clock.clone()).unwrap();
    (limiter, clock)
}

#[test]
fn a_burst_is_let_through_and_then_the_rate() {
    let (limiter, clock) = limiter(60, 3);
    assert_eq!(
        [(); 5].map(|()| limiter.count(&1)),
        [Ok(()), Ok(()), Ok(()), Err(1), Err(1)]
    );
    assert_eq!(limiter.count(&2), Ok(()), "each key counts by itself");
    clock.advance(Duration::from_secs(1));
    assert_eq!([(); 2].map(|()| limiter.count(&1)), [Ok(()), Err(1)]);
}

#[test]
fn zero_is_no_limit() {
    let limits = RateLimits::new(&RateLimitConfig::OFF);
    let address = IpAddr::from([192, 0, 2, 1]);
    for _ in 0..10_000 {
        limits.check_address(address).unwrap();
        limits.check_credential("a token").unwrap();
        limits.check_login(address).unwrap();
        limits.check_refusal(address).unwrap();
    }
}

#[test]
fn each_kind_of_request_has_a_limit_of_its_own() {
    let config = RateLimitConfig {
        address: Rate::new(1, 4),
        credential: Rate::new(1, 3),
        login: Rate::new(1, 2),
        refusals: Rate::new(1, 1),
    };
    let limits = RateLimits::new(&config);
    let address = IpAddr::from([192, 0, 2, 1]);
    let let_through = |check: &dyn Fn() -> bool| (0..10).filter(|_| check()).count();
    assert_eq!(let_through(&|| limits.check_address(address).is_ok()), 4);
    assert_eq!(let_through(&|| limits.check_credential("t").is_ok()), 3);
    assert_eq!(let_through(&|| limits.check_login(address).is_ok()), 2);
    assert_eq!(let_through(&|| limits.check_refusal(address).is_ok()), 1);
    let problem = limits.check_login(address).unwrap_err();
    assert_eq!(
        (problem.code(), problem.status().as_u16()),
        ("rate_limited", 429)
    );
    assert_eq!(
        limits
            .check_login([192, 0, 2, 2].into())
            .map_err(|p| p.code()),
        Ok(())
    );
}

#[test]
fn a_network_of_ipv6_counts_as_one_address() {
    let same = [
        "2001:db8:0:1::1",
        "2001:db8:0:1:ffff:ffff:ffff:ffff",
        "2001:db8:0:1::",
    ];
    let same = same.map(|text| counted(text.parse().unwrap()));
    assert!(same.iter().all(|address| *address == same[0]));
    assert_ne!(counted("2001:db8:0:2::1".parse().unwrap()), same[0]);
    assert_ne!(
        counted([192, 0, 2, 1].into()),
        counted([192, 0, 2, 2].into())
    );
    assert_eq!(
        counted("::ffff:192.0.2.1".parse().unwrap()),
        IpAddr::from([192, 0, 2, 1])
    );
}

#[test]
fn keys_that_idle_are_forgotten() {
    let (limiter, clock) = limiter(60, 3);
    for key in 0..u32::try_from(SWEEP_EVERY).unwrap() {
        limiter.count(&key).unwrap();
    }
    assert_eq!(limiter.counts.len(), SWEEP_EVERY);
    clock.advance(Duration::from_mins(1));
    limiter.count(&0).unwrap();
    assert!(limiter.counts.len() <= 2, "{limiter:?}");
}

proptest! {
    #[test]
    fn who_waits_as_long_as_it_is_told_gets_through_and_not_a_second_earlier(
        per_minute in 1_u32..10_000,
        burst in 1_u32..50,
        pauses in proptest::collection::vec(0_u64..5_000, 0..50),
    ) {
        let (limiter, clock) = limiter(per_minute, burst);
        for pause in pauses {
            clock.advance(Duration::from_millis(pause));
            let _ = limiter.count(&1);
        }
        while limiter.count(&1).is_ok() {}
        let seconds = limiter.count(&1).unwrap_err();
        prop_assert!(seconds >= 1);
        clock.advance(Duration::from_secs(u64::from(seconds) - 1));
        if seconds > 1 {
            prop_assert!(limiter.count(&1).is_err());
        }
        clock.advance(Duration::from_secs(1));
        prop_assert_eq!(limiter.count(&1), Ok(()));
    }

    #[test]
    fn never_more_than_the_burst_and_the_rate_get_through(
        per_minute in 1_u32..6_000,
        burst in 1_u32..50,
        pauses in proptest::collection::vec(0_u64..2_000, 1..200),
    ) {
        let (limiter, clock) = limiter(per_minute, burst);
        let (mut let_through, mut elapsed) = (0_u64, 0);
        for pause in pauses {
            clock.advance(Duration::from_millis(pause));
            elapsed += pause;
            let_through += u64::from(limiter.count(&1).is_ok());
        }
        let most = u64::from(burst) + u64::from(per_minute) * elapsed / 60_000 + 1;
        prop_assert!(let_through <= most, "{let_through} of {most}");
    }
}
