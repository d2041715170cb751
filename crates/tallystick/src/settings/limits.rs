//! The section `[limits]`: how often clients may ask, and how long they may take.

use std::ops::RangeInclusive;

use api::{Deadlines, Rate, RateLimitConfig};

use super::{reader::Reader, within};

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rates: RateLimitConfig,
    pub deadlines: Deadlines,
    /// Streams of events that one user may have open.
    pub streams_per_user: usize,
}

const A_DAY: RangeInclusive<u64> = 1..=86_400_000;

pub fn read(reader: &mut Reader) -> Option<Limits> {
    let credential = read_rate(
        reader,
        "limits.credential_per_minute",
        "limits.credential_burst",
    );
    let address = read_rate(reader, "limits.address_per_minute", "limits.address_burst");
    let login = read_rate(reader, "limits.login_per_minute", "limits.login_burst");
    let refusals = read_rate(
        reader,
        "limits.refusals_per_minute",
        "limits.refusals_burst",
    );
    let head = reader.take_duration("limits.head_timeout_ms", A_DAY);
    let body = reader.take_duration("limits.body_timeout_ms", A_DAY);
    let body_bytes_per_second = reader.take(
        "limits.body_bytes_per_second",
        "a number from 1 to 1000000000",
        within(1, 1_000_000_000),
    );
    let answer = reader.take_duration("limits.answer_timeout_ms", A_DAY);
    let request = reader.take_duration("limits.request_timeout_ms", A_DAY);
    let upload = reader.take_duration("limits.upload_timeout_ms", A_DAY);
    let streams_per_user = reader.take(
        "limits.streams_per_user",
        "a number from 1 to 1000000",
        within(1, 1_000_000),
    );
    Some(Limits {
        rates: RateLimitConfig {
            address: address?,
            credential: credential?,
            login: login?,
            refusals: refusals?,
        },
        deadlines: Deadlines {
            head: head?,
            body: body?,
            body_bytes_per_second: body_bytes_per_second?,
            answer: answer?,
            request: request?,
            upload: upload?,
        },
        streams_per_user: streams_per_user?,
    })
}

fn read_rate(reader: &mut Reader, per_minute: &'static str, burst: &'static str) -> Option<Rate> {
    let per_minute = reader.take(
        per_minute,
        "requests a minute from 0 to 100000000, where 0 is no limit",
        within(0, 100_000_000),
    );
    let burst = reader.take(
        burst,
        "a number from 1 to 100000000",
        within(1, 100_000_000),
    );
    Some(Rate::new(per_minute?, burst?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use api::{ApiConfig, Deadlines, Rate, RateLimitConfig};

    use crate::settings::tests::read;

    #[test]
    fn the_built_in_limits_are_those_of_the_service() {
        let limits = read(&[]).unwrap().limits;
        assert_eq!(limits.rates, RateLimitConfig::DEFAULT);
        assert_eq!(limits.deadlines, Deadlines::DEFAULT);
        let built_in = ApiConfig::new("test").max_streams_per_user;
        assert_eq!(limits.streams_per_user, built_in);
    }

    #[test]
    fn each_limit_can_be_set() {
        let given = [
            ("TALLYSTICK__LIMITS__LOGIN_PER_MINUTE", "0"),
            ("TALLYSTICK__LIMITS__ADDRESS_BURST", "7"),
            ("TALLYSTICK__LIMITS__HEAD_TIMEOUT_MS", "2s"),
        ];
        let limits = read(&given).unwrap().limits;
        assert_eq!(limits.rates.login, Rate::new(0, 5));
        assert_eq!(limits.rates.address, Rate::new(12_000, 7));
        assert_eq!(limits.deadlines.head, Duration::from_secs(2));
    }

    #[test]
    fn a_limit_that_lets_nothing_through_is_refused() {
        for (name, value) in [
            ("TALLYSTICK__LIMITS__ADDRESS_BURST", "0"),
            ("TALLYSTICK__LIMITS__REQUEST_TIMEOUT_MS", "0"),
            ("TALLYSTICK__LIMITS__BODY_BYTES_PER_SECOND", "0"),
            ("TALLYSTICK__LIMITS__LOGIN_PER_MINUTE", "-1"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(
                error.contains(name) && error.contains("expected"),
                "{error}"
            );
        }
    }
}
