//! The section `[retention]`: how long what is kept.

use chrono::TimeDelta;
use workflow::retention::Retention;

use super::{reader::Reader, within};

/// A hundred years, which is as good as for ever.
const MOST_DAYS: i64 = 36_525;

pub fn read(reader: &mut Reader) -> Option<Retention> {
    let mut days = |key| {
        let expected = "a number of days from 1 to 36525";
        reader.take(key, expected, within(1, MOST_DAYS))
    };
    let artifacts = days("retention.artifacts_days");
    let deleted_messages = days("retention.deleted_messages_days");
    Some(Retention {
        artifacts: TimeDelta::days(artifacts?),
        deleted_messages: TimeDelta::days(deleted_messages?),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use workflow::retention::Retention;

    use crate::settings::tests::read;

    #[test]
    fn the_built_in_times_are_those_of_the_service_and_each_can_be_set() {
        assert_eq!(read(&[]).unwrap().retention, Retention::DEFAULT);
        let given = [("TALLYSTICK__RETENTION__ARTIFACTS_DAYS", "7")];
        let retention = read(&given).unwrap().retention;
        assert_eq!(retention.artifacts, TimeDelta::days(7));
        assert_eq!(
            retention.deleted_messages,
            Retention::DEFAULT.deleted_messages
        );
    }

    #[test]
    fn nothing_is_kept_for_no_time() {
        for days in ["0", "-1", "36526", "ten"] {
            let name = "TALLYSTICK__RETENTION__DELETED_MESSAGES_DAYS";
            let error = read(&[(name, days)]).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }
}
