//! `name=value`, in any order.

use std::collections::HashMap;

use anyhow::{Context, Result};

#[derive(Clone, Debug)]
pub struct Arguments(HashMap<String, String>);

impl Arguments {
    /// What to do, and with what.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<(String, Self)> {
        let what = words.next().context("say what to do")?;
        let values = words.map(|word| {
            let pair = word.split_once('=');
            let (name, value) = pair.with_context(|| format!("{word} is not name=value"))?;
            Ok((name.to_owned(), value.to_owned()))
        });
        Ok((what, Self(values.collect::<Result<_>>()?)))
    }

    pub fn text(&self, name: &str) -> Result<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.with_context(|| format!("{name}=… is missing"))
    }

    pub fn number(&self, name: &str) -> Result<usize> {
        let value = self.text(name)?;
        value
            .parse()
            .with_context(|| format!("{name}={value} is not a number"))
    }
}
