use std::time::Duration;

use super::{super::settings::Limits, Again};

/// How long to wait before another attempt; `None` where there is to be none.
///
/// The pause doubles from attempt to attempt, and is between half and the whole of that, so that several
/// that were refused together do not come back together.
pub(super) fn pause(again: Again, attempt: u32, limits: &Limits) -> Option<Duration> {
    let longest = limits.longest_wait();
    match again {
        Again::Never => None,
        Again::After(wait) => (wait <= longest).then_some(wait),
        Again::AfterPause => {
            let doubled = 1_u64.checked_shl(attempt - 1).unwrap_or(u64::MAX);
            let most = limits.backoff_ms.saturating_mul(doubled);
            let jittered = fastrand::u64(most / 2..=most);
            Some(Duration::from_millis(jittered).min(longest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        timeout_ms: 1,
        total_timeout_ms: 1,
        attempts: 9,
        backoff_ms: 100,
        longest_wait_ms: 1_000,
        per_minute: 0,
        at_once: 1,
        most_bytes: 1,
    };

    #[test]
    fn pauses_double_up_to_the_longest() {
        for (attempt, least, most) in [(1, 50, 100), (2, 100, 200), (3, 200, 400), (70, 1000, 1000)]
        {
            for _ in 0..100 {
                let pause = pause(Again::AfterPause, attempt, &LIMITS).unwrap();
                let range = Duration::from_millis(least)..=Duration::from_millis(most);
                assert!(range.contains(&pause), "attempt {attempt}: {pause:?}");
            }
        }
    }

    #[test]
    fn a_service_may_ask_for_a_pause_up_to_the_longest() {
        let asked = |ms| pause(Again::After(Duration::from_millis(ms)), 1, &LIMITS);
        assert_eq!(asked(1_000), Some(Duration::from_secs(1)));
        assert_eq!(asked(1_001), None);
        assert_eq!(pause(Again::Never, 1, &LIMITS), None);
    }
}
