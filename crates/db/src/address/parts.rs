use super::text::encode;

/// A PostgreSQL address in its parts, each as it is: nothing in them is escaped.
#[derive(Clone, Default)]
pub struct Parts {
    /// A name, an IP address, a socket's folder, or several with commas between them.
    pub host: String,
    pub port: Option<String>,
    pub name: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub sslmode: Option<String>,
    pub sslrootcert: Option<String>,
}

impl Parts {
    /// The URL that says the same, with the password in it.
    pub fn url(&self) -> String {
        let parts = [
            ("port", &self.port),
            ("dbname", &self.name),
            ("user", &self.user),
            ("password", &self.password),
            ("sslmode", &self.sslmode),
            ("sslrootcert", &self.sslrootcert),
        ];
        let first = format!("postgresql://?host={}", encode(&self.host));
        parts.iter().fold(first, |url, (name, value)| match value {
            Some(value) => format!("{url}&{name}={}", encode(value)),
            None => url,
        })
    }
}
