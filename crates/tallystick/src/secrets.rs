//! What the service proves and checks identities with, read before it touches the database.

use api::Security;
use identity::{AccessTokens, KeySet, Passwords, SharedKeys, webhook::Producers};
use workflow::webhooks::Endpoints;

use crate::{error::Error, producers, session, settings::Settings, webhooks};

pub struct Secrets {
    pub producers: Producers,
    /// Who is told of events; `None` without a file that says so.
    pub endpoints: Option<Endpoints>,
    pub keys: SharedKeys,
    pub security: Security,
}

impl Secrets {
    /// Reads the keys, the producers and the endpoints. The first key is made where there is none, but not in production:
    /// a key that is gone with its container would end all sessions.
    pub fn load(settings: &Settings) -> Result<Self, Error> {
        let (auth, clock) = (&settings.auth, session::clock());
        let is_production = settings.environment == "production";
        if is_production && KeySet::load(&auth.keys_dir)?.active().next().is_none() {
            let folder = auth.keys_dir.clone();
            return Err(identity::Error::NoKeys { folder }.into());
        }
        let keys = SharedKeys::open(&auth.keys_dir, clock)?;
        if is_production && let Some(kid) = keys.current().weak().first() {
            return Err(Error::WeakKey((*kid).to_owned()));
        }
        let access_tokens = AccessTokens::new(
            keys.clone(),
            &auth.issuer,
            &auth.audience,
            auth.access_token_lifetime,
            clock,
        );
        Ok(Self {
            producers: producers::load(settings)?,
            endpoints: webhooks::load(settings)?,
            security: Security {
                access_tokens,
                passwords: Passwords::new(auth.password_threads),
                refresh_lifetime: auth.refresh_token_lifetime,
            },
            keys,
        })
    }
}
