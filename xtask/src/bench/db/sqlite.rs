//! SQLite's own shell.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use testservers::packages::{self, Package};

use crate::process;

const PACKAGE: Package = Package {
    apt: "sqlite3",
    dnf: "sqlite",
    apk: "sqlite",
    brew: "sqlite",
};

/// The table of prices, and one that is alike but for its keys, which the shell can import.
pub const OURS: &str = "prices";
pub const SHELLS: &str = "prices_text";

pub fn find_or_install() -> Result<()> {
    if process::find_program("sqlite3").is_some() {
        return Ok(());
    }
    packages::install(&PACKAGE).context("SQLite's shell was not found")
}

pub fn version() -> Result<String> {
    let line = process::version_line(Command::new("sqlite3").arg("--version"))?;
    let version = line.split_whitespace().next();
    Ok(version.context("sqlite3 printed no version")?.to_owned())
}

/// A call of the shell that ends at the first mistake.
pub fn shell(file: &Path, lines: &[&str]) -> Command {
    let mut shell = Command::new("sqlite3");
    shell.args(["-batch", "-bail"]).arg(file).args(lines);
    shell.stdin(Stdio::null());
    shell
}

/// Table, index and triggers of the prices, under another name.
pub fn table_for_the_shell(database: &Path) -> Result<String> {
    let question =
        format!("SELECT sql || ';' FROM sqlite_schema WHERE tbl_name = '{OURS}' AND sql <> ''");
    let definition = process::read(&mut shell(database, &[&question]))?;
    rename(&definition).context("the table of prices has another form")
}

fn rename(definition: &str) -> Option<String> {
    let renamed = definition.replace(OURS, SHELLS);
    let with_text = renamed.replace("security_id BLOB", "security_id TEXT");
    (with_text != renamed).then_some(with_text)
}

#[cfg(test)]
mod tests {
    use super::rename;

    #[test]
    fn the_shells_table_has_keys_of_text() {
        let definition = "CREATE TABLE prices (security_id BLOB) STRICT;\n\
            CREATE INDEX prices_security_idx ON prices (security_id);\n";
        let expected = "CREATE TABLE prices_text (security_id TEXT) STRICT;\n\
            CREATE INDEX prices_text_security_idx ON prices_text (security_id);\n";
        assert_eq!(rename(definition).as_deref(), Some(expected));
        assert_eq!(rename("CREATE TABLE prices (id INTEGER);"), None);
    }
}
