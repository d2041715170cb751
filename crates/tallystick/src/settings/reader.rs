use std::collections::BTreeMap;

use super::{
    Error,
    error::Fault,
    sources::{Found, Origin},
};

/// Hands out settings by their keys, and gathers what is wrong with them.
pub struct Reader {
    found: BTreeMap<String, Found>,
    asked: Vec<&'static str>,
    faults: Vec<Fault>,
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
        self.found
            .get(key)
            .is_some_and(|found| found.origin == Origin::BuiltIn)
    }

    /// The value of `key`; `None` where a fault has been noted.
    pub fn take<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(key, expected, true, parse)
    }

    /// As [`Reader::take`], but a fault does not show the value.
    pub fn take_secret<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(key, expected, false, parse)
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
        self.asked.push(key);
        None
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        show_value: bool,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.asked.push(key);
        let found = self.found.remove(key)?;
        let value = found.text.as_deref().and_then(parse);
        if value.is_none() {
            let text = found.text.filter(|_| show_value);
            let origin = found.origin;
            self.faults.push(Fault::WrongValue {
                key,
                text,
                origin,
                expected,
            });
        }
        value
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
