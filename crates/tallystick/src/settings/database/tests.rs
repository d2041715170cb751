mod limits;
mod place;
mod refusals;

use std::fs;

use super::keys::KEYS;

fn connection(variables: &[(&str, &str)]) -> db::Settings {
    let settings = crate::settings::tests::read(variables);
    settings
        .unwrap_or_else(|error| panic!("{error}"))
        .database
        .connection()
}

/// Fails unless each part is in the message of a configuration that is refused.
fn assert_refused(variables: &[(&str, &str)], parts: &[&str]) {
    let error = match crate::settings::tests::read(variables) {
        Ok(settings) => panic!("{variables:?} was taken for {settings:?}"),
        Err(error) => error,
    };
    for part in parts {
        assert!(error.contains(part), "{part:?} is missing in:\n{error}");
    }
}

fn text_of(file: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    fs::read_to_string(format!("{root}{file}")).unwrap()
}

#[test]
fn the_documentation_names_every_key_and_variable_and_no_other() {
    let text = text_of("docs/configuration.md");
    let text = text.split("\n## The database\n").nth(1).unwrap();
    let text = text.split("\n## ").next().unwrap();
    for key in KEYS {
        let name = key.name.strip_prefix("database.").unwrap();
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} has no row"));
        let variable = key
            .variable
            .map_or(String::new(), |name| format!("`{name}`"));
        assert_eq!(
            row.split('|').nth(2).unwrap().trim().split(' ').next(),
            Some(&*variable),
            "{row}"
        );
    }
    let rows = text.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, KEYS.len(), "a row for each key");
}

#[test]
fn the_default_file_names_every_key() {
    let text = text_of("config/default.toml");
    let section = text
        .split("[database]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    for key in KEYS {
        let name = key.name.strip_prefix("database.").unwrap();
        let is_named = section.lines().any(|line| {
            line.trim_start_matches("# ")
                .starts_with(&format!("{name} ="))
        });
        assert!(is_named, "{name}");
    }
}
