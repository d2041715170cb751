use std::{borrow::Cow, collections::BTreeMap, ops::RangeInclusive, time::Duration};

use super::{
    Error,
    duration::{self, Unit},
    error::Fault,
    sources::{Found, Layer},
};

/// Hands out settings by their keys, and gathers what is wrong with them.
pub struct Reader {
    found: BTreeMap<String, Found>,
    asked: Vec<&'static str>,
    faults: Vec<Fault>,
}

/// Why a value is refused.
enum Wrong {
    /// The value may be shown, with what was expected in its place.
    Shown(Cow<'static, str>),
    /// It may be a secret: only the reason is told.
    Hidden(String),
}

impl Reader {
    pub fn new(found: BTreeMap<String, Found>) -> Self {
        Self {
            found,
            asked: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Whether nobody has set `key`.
    pub fn is_built_in(&self, key: &str) -> bool {
        self.layer(key) == Some(Layer::BuiltIn)
    }

    /// How specific the source of `key` is; `None` if it has no value.
    pub fn layer(&self, key: &str) -> Option<Layer> {
        self.found.get(key).map(|found| found.origin.layer())
    }

    /// `key` and where its value comes from, for a message.
    pub fn describe(&self, key: &str) -> String {
        match self.found.get(key) {
            Some(found) => format!("{key} ({})", found.origin),
            None => key.to_owned(),
        }
    }

    /// The value of `key`; `None` where a fault has been noted.
    pub fn take<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(key, |text| {
            parse(text).ok_or_else(|| Wrong::Shown(expected.into()))
        })
    }

    /// As [`Reader::take`], but a fault does not show the value: `parse` says what is wrong.
    pub fn take_secret<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(key, |text| parse(text).map_err(Wrong::Hidden))
    }

    /// As [`Reader::take`], for a key that may be left out.
    pub fn take_if_there<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.found.contains_key(key) {
            return self.take(key, expected, parse);
        }
        self.pass_over(key);
        None
    }

    /// As [`Reader::take_secret`], for a key that may be left out.
    pub fn take_secret_if_there<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.found.contains_key(key) {
            return self.take_secret(key, parse);
        }
        self.pass_over(key);
        None
    }

    /// A time within `range`, which is in milliseconds whatever the unit of `key`.
    pub fn take_duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Duration> {
        let of_variable = self.found.get(key).and_then(|found| found.unit);
        let unit = of_variable.unwrap_or(Unit::of_key(key));
        self.read(key, |text| {
            let is_within = |time: &Duration| {
                u64::try_from(time.as_millis()).is_ok_and(|time| range.contains(&time))
            };
            let time = duration::parse(text, unit).filter(is_within);
            time.ok_or_else(|| Wrong::Shown(duration::expected(&range, unit).into()))
        })
    }

    /// Knows `key`, but has no use for its value.
    pub fn pass_over(&mut self, key: &'static str) {
        self.asked.push(key);
        self.found.remove(key);
    }

    /// Notes that settings do not go together.
    pub fn refuse(&mut self, text: String) {
        self.faults.push(Fault::Contradiction(text));
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.asked.push(key);
        let Found { text, origin, .. } = self.found.remove(key)?;
        let Some(text) = text else {
            let reason = "it takes one value, not a list or a section".to_owned();
            self.faults.push(Fault::Unusable {
                key,
                origin,
                reason,
            });
            return None;
        };
        let fault = match parse(&text) {
            Ok(value) => return Some(value),
            Err(Wrong::Shown(expected)) => Fault::WrongValue {
                key,
                text,
                origin,
                expected,
            },
            Err(Wrong::Hidden(reason)) => Fault::Unusable {
                key,
                origin,
                reason,
            },
        };
        self.faults.push(fault);
        None
    }

    /// Fails with every fault, a key that nobody asked for among them.
    pub fn finish(mut self) -> Result<(), Error> {
        for (key, found) in self.found {
            let section = key.split('.').next().unwrap_or_default();
            let prefix = format!("{section}.");
            let known: Vec<_> = self
                .asked
                .iter()
                .filter_map(|asked| asked.strip_prefix(&prefix))
                .collect();
            let known = if known.is_empty() {
                format!(
                    "there are the sections {}",
                    sections(&self.asked).join(", ")
                )
            } else {
                format!("[{section}] has {}", known.join(", "))
            };
            self.faults.push(Fault::UnknownKey {
                key,
                origin: found.origin,
                known,
            });
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Error::Faults(self.faults))
        }
    }
}

fn sections(keys: &[&'static str]) -> Vec<&'static str> {
    let mut sections: Vec<_> = keys
        .iter()
        .filter_map(|key| key.split('.').next())
        .collect();
    sections.dedup();
    sections
}
