//! Where the database is: a URL, or its parts.

use std::{fs, path::Path};

use db::Parts;

use super::keys::PARTS;
use crate::settings::{DatabaseUrl, reader::Reader};

/// The URL, or the one that the parts come to. The more specific source decides which of the two is
/// meant; from one source they contradict each other.
pub fn read(reader: &mut Reader, folder: &Path) -> Option<DatabaseUrl> {
    let url = reader.layer("database.url");
    if reader.layer("database.host") > url {
        reader.pass_over("database.url");
        let parts = read_parts(reader, folder)?;
        let address = DatabaseUrl::parse(&parts.url());
        let refuse = |error: &_| {
            reader.refuse(format!(
                "database.host and its companions cannot be used: {error}"
            ));
        };
        return address.inspect_err(refuse).ok();
    }
    refuse_parts_beside_url(reader);
    for part in PARTS {
        reader.pass_over(part);
    }
    reader.take_secret("database.url", |text| {
        DatabaseUrl::parse(text).map_err(|error| error.to_string())
    })
}

fn refuse_parts_beside_url(reader: &mut Reader) {
    let url = reader.layer("database.url");
    let beside: Vec<String> = PARTS
        .iter()
        .filter(|part| reader.layer(part).is_some() && reader.layer(part) >= url)
        .map(|part| reader.describe(part))
        .collect();
    if beside.is_empty() {
        return;
    }
    let url = reader.describe("database.url");
    let parts = beside.join(", ");
    reader.refuse(if reader.layer("database.host").is_some() {
        format!(
            "both {url} and {parts} say where the database is; remove the url, or remove the rest"
        )
    } else {
        format!(
            "{url} says where the database is, so that {parts} would do nothing; write it \
             into the url, or set database.host (DB_HOST) in place of the url"
        )
    });
}

fn read_parts(reader: &mut Reader, folder: &Path) -> Option<Parts> {
    let host = reader.take(
        "database.host",
        "a name, an IP address, a socket's folder, or several with commas between them",
        non_empty,
    );
    let port = reader.take_if_there(
        "database.port",
        "a port from 1 to 65535, or one for each host with commas between them",
        |text| text.split(',').all(is_port).then(|| text.to_owned()),
    );
    let name = reader.take_if_there("database.name", "the database's name", non_empty);
    let user = reader.take_if_there("database.user", "a user's name", non_empty);
    let password = read_password(reader, folder);
    let sslmode = reader.take_if_there(
        "database.sslmode",
        "disable, allow, prefer, require, verify-ca or verify-full",
        |text| {
            text.parse::<db::SslMode>()
                .ok()
                .map(|mode| mode.to_string())
        },
    );
    let sslrootcert = reader.take_if_there(
        "database.sslrootcert",
        "a file of certificates, or system",
        non_empty,
    );
    Some(Parts {
        host: host?,
        port,
        name,
        user,
        password,
        sslmode,
        sslrootcert,
    })
}

fn read_password(reader: &mut Reader, folder: &Path) -> Option<String> {
    let keys = ["database.password", "database.password_file"];
    if keys.iter().all(|key| reader.layer(key).is_some()) {
        let [password, file] = keys.map(|key| reader.describe(key));
        reader.refuse(format!(
            "both {password} and {file} give the password; remove one of them"
        ));
        for key in keys {
            reader.pass_over(key);
        }
        return None;
    }
    let password = reader.take_secret_if_there("database.password", |text| {
        non_empty(text).ok_or_else(|| "it is empty; write a password, or leave it out".to_owned())
    });
    let in_file = reader.take_secret_if_there("database.password_file", |path| {
        if path.is_empty() {
            return Err("it is empty; write a path, or leave it out".to_owned());
        }
        let text = fs::read_to_string(folder.join(path))
            .map_err(|error| format!("the file cannot be read: {error}"))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        non_empty(text).ok_or_else(|| "the file holds no password".to_owned())
    });
    password.or(in_file)
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}
