use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use config::{Config, ConfigError, Environment, File, FileFormat, Value, ValueKind};

use super::{Error, database::KEYS, duration::Unit, token_prices};

const BUILT_IN: &str = include_str!("../../../../config/default.toml");

/// Environments that need no file of their own.
const KNOWN_ENVIRONMENTS: [&str; 3] = ["development", "test", "production"];

/// Keys that take a list; its entries come as lines.
const LISTS: [&str; 3] = [
    "database.replicas",
    "server.cors_origins",
    "server.trusted_proxies",
];

/// Where settings come from: a folder that may hold `config/`, and environment variables.
pub struct Sources {
    pub folder: PathBuf,
    pub variables: HashMap<String, String>,
}

/// The text of one setting, or `None` where it is neither text, number nor truth value.
pub struct Found {
    pub text: Option<String>,
    pub origin: Origin,
    /// What the number counts, where that is not the key's own unit.
    pub unit: Option<Unit>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    BuiltIn,
    File(String),
    Variable(String),
}

/// How specific a source is: the later ones are laid over the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    BuiltIn,
    DefaultFile,
    EnvironmentFile,
    Variable,
}

impl Origin {
    pub fn layer(&self) -> Layer {
        match self {
            Self::BuiltIn => Layer::BuiltIn,
            Self::File(file) if file.ends_with("default.toml") => Layer::DefaultFile,
            Self::File(_) => Layer::EnvironmentFile,
            Self::Variable(_) => Layer::Variable,
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("in the built-in config/default.toml"),
            Self::File(file) => write!(f, "in {file}"),
            Self::Variable(name) => write!(f, "from the variable {name}"),
        }
    }
}

impl Sources {
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            folder: PathBuf::new(),
            variables,
        }
    }

    /// The environment's name, from `TALLYSTICK_ENV`.
    pub fn environment(&self) -> Result<String, Error> {
        let Some(name) = self.variable("TALLYSTICK_ENV") else {
            return Ok("development".to_owned());
        };
        let is_plain = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let is_known = KNOWN_ENVIRONMENTS.contains(&name) || self.file(name).is_file();
        if is_plain && is_known {
            Ok(name.to_owned())
        } else {
            Err(Error::UnknownEnvironment {
                name: name.to_owned(),
            })
        }
    }

    /// The files that are there, in the order in which they are laid over one another.
    pub fn files(&self, environment: &str) -> Vec<PathBuf> {
        let files = ["default", environment].map(|name| self.file(name));
        files.into_iter().filter(|file| file.is_file()).collect()
    }

    /// Every key that is set, with dots between its parts.
    pub fn values(&self, environment: &str) -> Result<BTreeMap<String, Found>, Error> {
        let mut builder = Config::builder().add_source(File::from_str(BUILT_IN, FileFormat::Toml));
        for file in self.files(environment) {
            builder = builder.add_source(File::from(file));
        }
        let variables = Environment::with_prefix("TALLYSTICK")
            .prefix_separator("__")
            .separator("__")
            .source(Some(self.variables.clone()));
        let config = builder
            .add_source(variables)
            .build()
            .map_err(|error| unreadable(&error))?;

        let mut found = BTreeMap::new();
        flatten(String::new(), config.cache, &mut found);
        for key in KEYS {
            let Some(variable) = key.variable else {
                continue;
            };
            if let Some(text) = self.variable(variable) {
                let found_here = Found {
                    text: Some(text.to_owned()),
                    origin: Origin::Variable(variable.to_owned()),
                    unit: key.unit,
                };
                found.insert(key.name.to_owned(), found_here);
            }
        }
        Ok(found)
    }

    /// A variable that is set to something.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder
            .join(Path::new("config").join(format!("{name}.toml")))
    }
}

fn flatten(key: String, value: Value, found: &mut BTreeMap<String, Found>) {
    let origin = match value.origin() {
        None => Origin::BuiltIn,
        Some("the environment") => {
            let name = key.replace('.', "__").to_uppercase();
            Origin::Variable(format!("TALLYSTICK__{name}"))
        }
        Some(file) => Origin::File(file.to_owned()),
    };
    if let ValueKind::Table(table) = value.kind {
        for (part, value) in table {
            let key = if key.is_empty() {
                part
            } else {
                format!("{key}.{part}")
            };
            flatten(key, value, found);
        }
    } else {
        let text = text_of(&key, value);
        let unit = None;
        found.insert(key, Found { text, origin, unit });
    }
}

fn text_of(key: &str, value: Value) -> Option<String> {
    if key == token_prices::KEY {
        let tables: Option<serde_json::Value> = value.try_deserialize().ok();
        return tables.map(|tables| tables.to_string());
    }
    match value.kind {
        ValueKind::Array(entries) if LISTS.contains(&key) => {
            let texts = entries.into_iter().map(|entry| entry.into_string().ok());
            Some(texts.collect::<Option<Vec<_>>>()?.join("\n"))
        }
        _ => value.into_string().ok(),
    }
}

/// A parser's message quotes the line that it stumbled over, which may hold a password: only where
/// it stumbled, and why, are kept.
fn unreadable(error: &ConfigError) -> Error {
    match error {
        ConfigError::FileParse { uri, cause } => {
            let message = cause.to_string();
            let mut lines = message.lines();
            let place = lines.next().unwrap_or_default();
            let reason = lines
                .next_back()
                .map(|line| format!(": {line}"))
                .unwrap_or_default();
            Error::File {
                file: uri
                    .clone()
                    .unwrap_or_else(|| "config/default.toml".to_owned()),
                detail: format!("{place}{reason}"),
            }
        }
        other => Error::Sources {
            detail: other.to_string(),
        },
    }
}
