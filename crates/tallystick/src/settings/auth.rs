//! The section `[auth]`: accounts, their passwords, and what they are let in with.

use std::path::PathBuf;

use chrono::TimeDelta;

use super::{reader::Reader, within};

#[derive(Clone, Debug)]
pub struct Auth {
    /// The folder of the service's own keys.
    pub keys_dir: PathBuf,
    /// Who issues access tokens (`iss`).
    pub issuer: String,
    /// For whom they are (`aud`).
    pub audience: String,
    pub access_token_lifetime: TimeDelta,
    pub refresh_token_lifetime: TimeDelta,
    /// On so many threads passwords are hashed at once, each with 19 MiB.
    pub password_threads: usize,
}

pub fn read(reader: &mut Reader) -> Option<Auth> {
    let keys_dir = reader.take("auth.keys_dir", "the path of a folder", |text| {
        (!text.is_empty()).then(|| PathBuf::from(text))
    });
    let issuer = reader.take("auth.issuer", NAME, parse_name);
    let audience = reader.take("auth.audience", NAME, parse_name);
    let access = reader.take(
        "auth.access_token_minutes",
        "minutes from 1 to 60",
        within(1, 60),
    );
    let refresh = reader.take(
        "auth.refresh_token_days",
        "days from 1 to 365",
        within(1, 365),
    );
    let password_threads = reader.take(
        "auth.password_threads",
        "a number from 1 to 64",
        within(1, 64),
    );
    Some(Auth {
        keys_dir: keys_dir?,
        issuer: issuer?,
        audience: audience?,
        access_token_lifetime: TimeDelta::minutes(access?),
        refresh_token_lifetime: TimeDelta::days(refresh?),
        password_threads: password_threads?,
    })
}

const NAME: &str = "a name or URL of 1 to 200 characters, without spaces";

fn parse_name(text: &str) -> Option<String> {
    let is_one_word = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    ((1..=200).contains(&text.len()) && is_one_word).then(|| text.to_owned())
}
