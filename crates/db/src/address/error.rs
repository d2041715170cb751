/// Why a database URL cannot be used. The text gives advice and never quotes the URL: a piece of it
/// in the wrong place may be a piece of a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error(
        "a database URL must begin with sqlite://, postgres:// or postgresql://, for example \
         sqlite://data/tallystick.db"
    )]
    UnknownScheme,
    #[error(
        "write // after postgres: or postgresql:, as in postgres://NAME:PASSWORD@HOST/DATABASE"
    )]
    MissingSlashes,
    #[error(
        "it can be read in more than one way; percent-encode every /, ?, #, @ and & of the name, \
         the password and the values (/ is %2F, ? is %3F, # is %23, @ is %40, & is %26)"
    )]
    Ambiguous,
    #[error(
        "it holds a space, a line break or a control character; remove it, or write a space as %20"
    )]
    Blank,
    #[error("{part} is empty; give it a value, or leave it out")]
    Empty { part: &'static str },
    #[error("{part} holds a % that two hexadecimal digits do not follow; write % itself as %25")]
    BadEscape { part: &'static str },
    #[error("{part} is not UTF-8 text without control characters once its % are decoded")]
    NotText { part: &'static str },
    #[error(
        "it names no host; write one between // and /, or a socket's folder as \
         ?host=/var/run/postgresql"
    )]
    NoHost,
    #[error(
        "a host is neither a name, an IP address (IPv6 in brackets) nor a socket's folder that \
         begins with /"
    )]
    WrongHost,
    #[error("a port is not a number from 1 to 65535; a password before the host ends with @")]
    WrongPort,
    #[error("give one port, or one for each host, in their order")]
    PortCount,
    #[error(
        "the database's name holds a /, =, & or : that is not percent-encoded, or a ? is missing"
    )]
    WrongDatabase,
    #[error("{}", unknown(name.as_deref(), known))]
    UnknownParameter {
        /// `None` where it may be a piece of a password.
        name: Option<String>,
        known: &'static [&'static str],
    },
    #[error("a parameter has no = after its name; known are {}", known.join(", "))]
    Valueless { known: &'static [&'static str] },
    #[error("{name} is given twice; leave one of them out")]
    Repeated { name: &'static str },
    #[error("{name} must be {expected}")]
    WrongValue {
        name: &'static str,
        expected: &'static str,
    },
    #[error("sslcert and sslkey belong together: give both, or neither")]
    HalfCertificate,
    #[error(
        "sslrootcert=system trusts every public authority, so it needs sslmode=verify-full: write \
         that, or leave sslmode out"
    )]
    WeakSystemRoots,
    #[error("it names no file; write sqlite://FILE, or sqlite::memory: for a database in memory")]
    NoFile,
    #[error("an SQLite address is sqlite://FILE: write no file: before the path")]
    NestedUri,
    #[error("a database in memory has no file: leave out the path, or mode=memory")]
    FileInMemory,
    #[error(
        "the variable {0} is set for other programs, and would change what the address means; \
         unset it for this one (certificates belong into the URL, as sslcert and sslkey)"
    )]
    ForeignVariable(&'static str),
}

fn unknown(name: Option<&str>, known: &[&str]) -> String {
    let known = known.join(", ");
    match name {
        Some(name) => format!("{name} is not a known parameter; known are {known}"),
        None => format!(
            "it has a parameter that is not known (if it is a piece of the password, write its & \
             as %26); known are {known}"
        ),
    }
}
