use std::{ops::RangeInclusive, time::Duration};

/// What a number without a unit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Seconds,
}

impl Unit {
    /// The unit in which a key of the configuration files is written.
    pub fn of_key(key: &str) -> Self {
        if key.ends_with("_ms") {
            Self::Milliseconds
        } else {
            Self::Seconds
        }
    }

    fn decimals(self) -> usize {
        match self {
            Self::Milliseconds => 0,
            Self::Seconds => 3,
        }
    }
}

/// Reads `2`, `0.25`, `250ms` or `2s`, exactly to the millisecond.
pub fn parse(text: &str, unit: Unit) -> Option<Duration> {
    let (number, unit) = if let Some(number) = text.strip_suffix("ms") {
        (number, Unit::Milliseconds)
    } else if let Some(number) = text.strip_suffix('s') {
        (number, Unit::Seconds)
    } else {
        (text, unit)
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    let is_number = is_digits(whole) && (fraction.is_empty() || is_digits(fraction));
    let decimals = unit.decimals();
    if !is_number || number.ends_with('.') || fraction.len() > decimals {
        return None;
    }
    let milliseconds = format!("{whole}{fraction:0<decimals$}").parse().ok()?;
    Some(Duration::from_millis(milliseconds))
}

/// What [`parse`] expects, in milliseconds, for a message.
pub fn expected(range: &RangeInclusive<u64>, unit: Unit) -> String {
    let (least, most) = (range.start(), range.end());
    match unit {
        Unit::Milliseconds => format!("milliseconds from {least} to {most}, or as in 2s"),
        Unit::Seconds => {
            let (least, most) = (in_seconds(*least), in_seconds(*most));
            format!("seconds from {least} to {most}, or as in 250ms")
        }
    }
}

fn in_seconds(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let text = format!("{seconds}.{rest:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
