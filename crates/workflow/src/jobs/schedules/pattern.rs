use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};

use crate::Error;

/// The first time after `after` of a cron pattern of five fields, in the local time of an IANA time zone. A local
/// time that a clock change leaves out or repeats counts once.
///
/// # Errors
///
/// [`Error::Invalid`] for a pattern or a zone that is none, or a pattern whose time never comes.
pub fn next_time(cron: &str, timezone: &str, after: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
    let refuse = |field, detail: String| Error::Invalid { field, detail };
    let zone: Tz = timezone.parse().map_err(|_| {
        let detail = "must be the name of a time zone, such as UTC or America/New_York";
        refuse("/timezone", detail.to_owned())
    })?;
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let pattern = parser.parse(cron).map_err(|error| {
        let fields = "minute, hour, day of the month, month, day of the week";
        refuse("/cron", format!("must have {fields}: {error}"))
    })?;
    let next = pattern
        .find_next_occurrence(&after.with_timezone(&zone), false)
        .map_err(|error| refuse("/cron", format!("its time never comes: {error}")))?;
    Ok(next.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::next_time;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_local_and_go_with_the_clock() {
        for (cron, zone, after, next) in [
            (
                "30 16 * * 1-5",
                "UTC",
                "2026-11-20T16:30:00Z",
                "2026-11-23T16:30:00Z",
            ),
            (
                "*/15 * * * *",
                "UTC",
                "2026-11-20T16:31:00Z",
                "2026-11-20T16:45:00Z",
            ),
            (
                "30 16 * * 1-5",
                "America/New_York",
                "2026-11-20T12:00:00Z",
                "2026-11-20T21:30:00Z",
            ),
            (
                "30 16 * * 1-5",
                "America/New_York",
                "2026-07-20T12:00:00Z",
                "2026-07-20T20:30:00Z",
            ),
            (
                "0 9 29 2 *",
                "UTC",
                "2026-01-01T00:00:00Z",
                "2028-02-29T09:00:00Z",
            ),
            (
                "0 0 1 * *",
                "Asia/Kolkata",
                "2026-11-20T00:00:00Z",
                "2026-11-30T18:30:00Z",
            ),
        ] {
            assert_eq!(
                next_time(cron, zone, at(after)).unwrap(),
                at(next),
                "{cron} {zone}"
            );
        }
    }

    #[test]
    fn the_hour_that_comes_twice_counts_once() {
        let first =
            next_time("30 1 * * *", "America/New_York", at("2026-11-01T04:00:00Z")).unwrap();
        let second = next_time("30 1 * * *", "America/New_York", first).unwrap();
        assert_eq!(second, at("2026-11-02T06:30:00Z"));
    }

    #[test]
    fn what_is_no_pattern_or_zone_is_refused() {
        for (cron, zone) in [
            ("", "UTC"),
            ("* * * *", "UTC"),
            ("61 * * * *", "UTC"),
            ("0 0 30 2 *", "UTC"),
            ("0 * * * * *", "UTC"),
            ("* * * * *", "Mars/Base"),
            ("* * * * *", ""),
        ] {
            assert!(
                next_time(cron, zone, at("2026-01-01T00:00:00Z")).is_err(),
                "{cron} {zone}"
            );
        }
    }
}
