//! What stands behind the question mark.

use super::{AddressError, text};

/// The parameters of a URL, each known, with a value, and there once.
pub struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    pub fn parse(
        query: Option<&str>,
        known: &'static [&'static str],
    ) -> Result<Self, AddressError> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for pair in query.iter().flat_map(|query| query.split('&')) {
            let Some((written, value)) = pair.split_once('=') else {
                return Err(AddressError::Valueless { known });
            };
            let Some(name) = known.iter().find(|name| **name == written) else {
                let may_be_secret = found.iter().any(|(name, _)| *name == "password");
                let name = (!may_be_secret && is_name(written)).then(|| written.to_owned());
                return Err(AddressError::UnknownParameter { name, known });
            };
            if found.iter().any(|(earlier, _)| earlier == name) {
                return Err(AddressError::Repeated { name });
            }
            found.push((name, text::decode(name, value)?));
        }
        Ok(Self(found))
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(found, _)| *found == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    (1..=40).contains(&text.len()) && text.bytes().all(is_plain)
}
