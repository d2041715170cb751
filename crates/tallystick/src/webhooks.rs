//! The file that names who is told of events by signed messages, and the secrets that sign them.
//!
//! ```toml
//! [webhooks.pager]
//! url = "https://pager.example.org/hooks/tallystick"
//! user = "me@example.org"
//! secrets = ["whsec_…"]
//! ```

mod error;
mod read;

use std::fs;

use workflow::webhooks::Endpoints;

pub use error::Error;
use read::Variables;

use crate::settings::Settings;

/// The endpoints of the file that the settings name; `None` without one. A secret that others may know is
/// refused in production.
pub fn load(settings: &Settings) -> Result<Option<Endpoints>, Error> {
    load_with(settings, &|name| std::env::var(name).ok())
}

fn load_with(settings: &Settings, variables: Variables<'_>) -> Result<Option<Endpoints>, Error> {
    let Some(path) = &settings.webhooks.endpoints_file else {
        return Ok(None);
    };
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        file: path.clone(),
        source,
    })?;
    let endpoints = read::endpoints(path, &text, variables)?;
    if settings.environment == "production"
        && let Some((name, weakness)) = endpoints.weak().next()
    {
        return Err(Error::Weak {
            file: path.clone(),
            name: name.to_owned(),
            weakness,
        });
    }
    Ok(Some(endpoints))
}

#[cfg(test)]
mod tests;
