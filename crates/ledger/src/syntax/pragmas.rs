//! Lines that are no directives: options, includes, plugins, tags and metadata that are pushed.

use std::collections::BTreeMap;

use super::scan::{Scan, Scanner, blank};
use super::text;

/// A line that is no directive, with what stands on it.
#[derive(Debug, PartialEq)]
pub(super) enum Pragma {
    Option { name: String, value: String },
    Include(String),
    Plugin(String),
    PushTag(String),
    PopTag(String),
    PushMeta { key: String, value: String },
    PopMeta(String),
}

const PRAGMAS: [&str; 7] = [
    "option", "include", "plugin", "pushtag", "poptag", "pushmeta", "popmeta",
];

impl Scan {
    /// The tags that are pushed where a directive begins.
    pub(super) fn pushed_tags(&self, offset: usize) -> Vec<String> {
        let mut tags: Vec<&String> = Vec::new();
        for (_, pragma) in self.pragmas_before(offset) {
            match pragma {
                Pragma::PushTag(tag) => tags.push(tag),
                Pragma::PopTag(tag) => {
                    if let Some(place) = tags.iter().rposition(|pushed| *pushed == tag) {
                        tags.remove(place);
                    }
                }
                _ => {}
            }
        }
        tags.into_iter().cloned().collect()
    }

    /// The metadata that is pushed where a directive begins.
    pub(super) fn pushed_metadata(&self, offset: usize) -> BTreeMap<String, String> {
        let mut stack: Vec<(&String, &String)> = Vec::new();
        for (_, pragma) in self.pragmas_before(offset) {
            match pragma {
                Pragma::PushMeta { key, value } => stack.push((key, value)),
                Pragma::PopMeta(key) => {
                    if let Some(place) = stack.iter().rposition(|(pushed, _)| *pushed == key) {
                        stack.remove(place);
                    }
                }
                _ => {}
            }
        }
        stack
            .into_iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    fn pragmas_before(&self, offset: usize) -> &[(usize, Pragma)] {
        &self.pragmas[..self.pragmas.partition_point(|(at, _)| *at < offset)]
    }
}

impl Scanner<'_> {
    /// Reads a line that begins with the name of a pragma, and blanks it.
    pub(super) fn pragma(&mut self) -> bool {
        let rest = &self.source[self.at..];
        let Some(name) = PRAGMAS.into_iter().find(|name| {
            rest.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with([' ', '\t', '"', '\n', '\r']))
        }) else {
            return false;
        };
        let started = self.at;
        self.at += name.len();
        let pragma = match name {
            "option" | "include" | "plugin" => self.quoted_pragma(name),
            _ => self.stacked_pragma(name),
        };
        match pragma {
            Ok(pragma) => self.scan.pragmas.push((started, pragma)),
            Err(fault) => self.scan.faults.push((started, fault)),
        }
        let end = self.line_end();
        blank(&mut self.scan.text[started..end]);
        self.at = (end + 1).min(self.bytes.len());
        true
    }

    fn quoted_pragma(&mut self, name: &str) -> Result<Pragma, String> {
        let mut values = Vec::new();
        loop {
            while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            if self.bytes.get(self.at) != Some(&b'"') {
                break;
            }
            let Some((from, to)) = self.string() else {
                break;
            };
            values.push(text::unescape(&self.source[from..to]).into_owned());
        }
        let mut values = values.into_iter();
        match (name, values.next(), values.next()) {
            ("option", Some(name), Some(value)) => Ok(Pragma::Option { name, value }),
            ("include", Some(path), None) => Ok(Pragma::Include(path)),
            ("plugin", Some(module), _) => Ok(Pragma::Plugin(module)),
            ("option", ..) => Err(
                "an option needs a name and a value, each in quotes: option \"title\" \"…\"".into(),
            ),
            _ => Err(format!("{name} needs one text in quotes: {name} \"…\"")),
        }
    }

    fn stacked_pragma(&mut self, name: &str) -> Result<Pragma, String> {
        let line = self.source[self.at..self.line_end()].trim();
        match name {
            "pushtag" | "poptag" => {
                let tag = line
                    .strip_prefix('#')
                    .and_then(|tag| tag.split([' ', '\t', ';']).next());
                let tag = tag.filter(|tag| !tag.is_empty());
                let tag = tag
                    .ok_or_else(|| format!("{name} needs a tag: {name} #name"))?
                    .to_owned();
                Ok(if name == "pushtag" {
                    Pragma::PushTag(tag)
                } else {
                    Pragma::PopTag(tag)
                })
            }
            _ => {
                let (key, value) = line
                    .split_once(':')
                    .filter(|(key, _)| !key.is_empty())
                    .ok_or_else(|| format!("{name} needs a key and a colon: {name} key:"))?;
                let key = key.to_owned();
                Ok(if name == "popmeta" {
                    Pragma::PopMeta(key)
                } else {
                    Pragma::PushMeta {
                        key,
                        value: text::metadata_value(value.trim()),
                    }
                })
            }
        }
    }
}
