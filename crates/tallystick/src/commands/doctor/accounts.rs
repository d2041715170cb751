//! Whether the service can let anybody in.

use identity::KeySet;

use super::Check;
use crate::settings::{Auth, Settings};

pub fn all(settings: &Settings) -> Vec<Check> {
    let auth = &settings.auth;
    vec![keys(auth, &settings.environment), sessions(auth)]
}

fn keys(auth: &Auth, environment: &str) -> Check {
    let folder = auth.keys_dir.display();
    let keys = match KeySet::load(&auth.keys_dir) {
        Ok(keys) => keys,
        Err(error) => {
            return Check::fault("keys", error.to_string(), "see the sentence to the left");
        }
    };
    let active = keys.active().count();
    let found = format!(
        "{folder}: {active} active, {} retired",
        keys.retired().len()
    );
    let weak = keys.weak().join(", ");
    if active == 0 {
        return Check::note("keys", found, "the service makes the first when it starts");
    }
    if weak.is_empty() {
        return Check::ok("keys", found);
    }
    let found = format!("{found}; others may know or guess {weak}");
    let advice = "run `tallystick keys rotate` twice";
    match environment {
        "production" => Check::fault("keys", found, advice),
        _ => Check::note("keys", found, advice),
    }
}

fn sessions(auth: &Auth) -> Check {
    let found = format!(
        "access tokens by {} for {}, good for {} minutes; a session lasts {} days unused; passwords \
         are hashed on {} threads",
        auth.issuer,
        auth.audience,
        auth.access_token_lifetime.num_minutes(),
        auth.refresh_token_lifetime.num_days(),
        auth.password_threads
    );
    Check::ok("sessions", found)
}
