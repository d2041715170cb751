//! How far PostgreSQL's write-ahead log is.

use std::{fmt, str::FromStr};

/// A place in the log of one primary, in bytes; later is greater. Written as PostgreSQL does:
/// `16/B374D848`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl From<u64> for Position {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<Position> for u64 {
    fn from(position: Position) -> Self {
        position.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

/// The text is not a place in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a position such as 16/B374D848")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (high, low) = text.split_once('/').ok_or(NotAPosition)?;
        let part = |digits: &str| {
            let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_hexadecimal
                .then(|| u32::from_str_radix(digits, 16).ok())
                .flatten()
                .map(u64::from)
                .ok_or(NotAPosition)
        };
        Ok(Self(part(high)? << 32 | part(low)?))
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn positions_are_read_as_they_are_written() {
        for bytes in [0, 1, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let position = Position::from(bytes);
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for wrong in ["", "/", "1", "1/", "G/0", "+1/0", "1/100000000", "-1/2"] {
            assert!(wrong.parse::<Position>().is_err(), "{wrong}");
        }
    }
}
