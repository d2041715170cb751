//! The file of sources and policies that the settings name, with the keys from the environment.

use std::{collections::BTreeMap, env, fs, io, path::PathBuf};

use pricing::sources::{
    Asker, Client, Secret,
    settings::{Policy, Reconciled, Sourcing},
};

use crate::{session, settings::Settings};

/// Why the sources are not known. No key is ever shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no sources of prices are set up: name a file of them as pricing.sources_file \
         (TALLYSTICK__PRICING__SOURCES_FILE); docs/sources.md says what it holds"
    )]
    NotSet,
    #[error("the file of sources {}: {source}; correct pricing.sources_file", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("the file of sources {} is wrong:\n  {}", file.display(), faults.join("\n  "))]
    Faults { file: PathBuf, faults: Vec<String> },
    #[error(
        "there is no policy `{policy}` in {}: there {}",
        file.display(),
        known(policies)
    )]
    NoPolicy {
        file: PathBuf,
        policy: String,
        policies: Vec<String>,
    },
}

/// A policy with the sources that it may ask.
pub struct Sources {
    pub policy: Policy,
    pub askers: BTreeMap<String, Asker>,
    pub reconcile: Vec<Reconciled>,
}

/// Reads the file of sources, and the keys of those that the policy names.
pub fn load(settings: &Settings, policy: &str) -> Result<Sources, Error> {
    let file = settings.pricing.sources_file.clone().ok_or(Error::NotSet)?;
    let text = fs::read_to_string(&file).map_err(|source| Error::Unreadable {
        file: file.clone(),
        source,
    })?;
    let mut sourcing = Sourcing::parse(&text).map_err(|faults| Error::Faults {
        file: file.clone(),
        faults,
    })?;
    let Some(found) = sourcing.policies.remove(policy) else {
        return Err(Error::NoPolicy {
            file,
            policy: policy.to_owned(),
            policies: sourcing.policies.into_keys().collect(),
        });
    };
    let client = Client::new(session::clock());
    let askers = sourcing.sources.into_iter().map(|(name, source)| {
        let key = source.key_env.as_ref().and_then(|name| env::var(name).ok());
        let key = key.filter(|key| !key.is_empty()).map(Secret::new);
        let asker = Asker::new(&name, source, key, client.clone());
        (name, asker)
    });
    Ok(Sources {
        policy: found,
        askers: askers.collect(),
        reconcile: sourcing.reconcile,
    })
}

fn known(policies: &[String]) -> String {
    if policies.is_empty() {
        "are none".to_owned()
    } else {
        format!("are {}", policies.join(", "))
    }
}
