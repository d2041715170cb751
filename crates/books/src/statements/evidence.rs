//! Which of two ways of reading a column is meant: decided by all of its values, never by one.

/// A value and its line, to show what a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub line: u64,
    pub text: String,
}

impl Seen {
    pub fn new(line: u64, text: &str) -> Self {
        let text = shortened(text);
        Self { line, text }
    }
}

/// The first value of a column that can be read in the first way alone, in the second way alone, and
/// in both ways with different results.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub first: Option<Seen>,
    pub second: Option<Seen>,
    pub both: Option<Seen>,
}

pub(super) enum Decision {
    First,
    Second,
    /// Every value reads the same in both ways.
    Either,
    Ambiguous(Seen),
    Contradictory(Seen, Seen),
}

/// What one value says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    First,
    Second,
    Both,
    Nothing,
}

impl Evidence {
    pub fn add(&mut self, says: Says, line: u64, text: &str) {
        let place = match says {
            Says::First => &mut self.first,
            Says::Second => &mut self.second,
            Says::Both => &mut self.both,
            Says::Nothing => return,
        };
        if place.is_none() {
            *place = Some(Seen::new(line, text));
        }
    }

    /// Adds what another column says.
    pub fn merge(&mut self, other: &Self) {
        let take = |mine: &mut Option<Seen>, other: &Option<Seen>| {
            if mine.is_none() {
                mine.clone_from(other);
            }
        };
        take(&mut self.first, &other.first);
        take(&mut self.second, &other.second);
        take(&mut self.both, &other.both);
    }

    pub fn decide(&self) -> Decision {
        match (&self.first, &self.second, &self.both) {
            (Some(first), Some(second), _) => {
                Decision::Contradictory(first.clone(), second.clone())
            }
            (Some(_), None, _) => Decision::First,
            (None, Some(_), _) => Decision::Second,
            (None, None, Some(both)) => Decision::Ambiguous(both.clone()),
            (None, None, None) => Decision::Either,
        }
    }
}

/// As much of a value as a message has room for.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 64;
    text.chars().take(LONGEST).collect()
}
