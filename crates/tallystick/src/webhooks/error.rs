use std::{io, path::PathBuf};

use identity::webhook::Weakness;
use workflow::webhooks::EndpointError;

/// Why the endpoints are not known. Neither a secret nor a URL is ever shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file of endpoints {}: {source}; correct webhooks.endpoints_file", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    #[error("the file of endpoints {} is no TOML at line {line}; correct it", file.display())]
    Syntax { file: PathBuf, line: usize },
    #[error(
        "the file of endpoints {} must hold tables [webhooks.NAME], and nothing else",
        file.display()
    )]
    Shape { file: PathBuf },
    #[error(
        "the file of endpoints {}: [webhooks.{name}] must hold url = \"https://…\", user = \"EMAIL\" and \
         either secrets = [\"whsec_…\"] or secret_env = \"VARIABLE\"; it may hold events = [\"…\"] and \
         allow_private = true, and nothing else",
        file.display()
    )]
    EndpointShape { file: PathBuf, name: String },
    #[error(
        "the file of endpoints {}: [webhooks.{name}] takes its secret from the environment variable \
         {variable}, which is not set",
        file.display()
    )]
    NoVariable {
        file: PathBuf,
        name: String,
        variable: String,
    },
    #[error("the file of endpoints {}: [webhooks.{name}] cannot be used: {source}", file.display())]
    Endpoint {
        file: PathBuf,
        name: String,
        source: EndpointError,
    },
    #[error(
        "the file of endpoints {}: a secret of [webhooks.{name}] is not safe in production: {weakness}; \
         take 32 random bytes: echo whsec_$(openssl rand -base64 32)",
        file.display()
    )]
    Weak {
        file: PathBuf,
        name: String,
        weakness: Weakness,
    },
}
