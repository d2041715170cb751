//! A new migration's file, from the template, entered into the list.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use crate::Error;

/// Compiled by the tests, so that it does not fall behind what it uses.
#[cfg(test)]
mod template;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    pub name: String,
    pub file: PathBuf,
}

/// Writes `m<stamp>_<title>.rs` into the crate in `folder`, and enters it into its list. `stamp` is
/// the time as `YYYYMMDD_HHMMSS`; whatever is no letter or digit in `title` becomes an underscore.
pub fn new_file(folder: &Path, stamp: &str, title: &str) -> Result<NewFile, Error> {
    let title = snake_case(title);
    if title.is_empty() {
        return Err(Error::File(
            "a migration needs a name of letters and digits".to_owned(),
        ));
    }
    let name = format!("m{stamp}_{title}");
    let list = folder.join("src/lib.rs");
    let listed = fs::read_to_string(&list).map_err(|error| {
        let advice = "run this in the repository's root, or give the migrations' crate with --dir";
        Error::File(format!("{}: {error}; {advice}", list.display()))
    })?;
    let listed = enter(&listed, &name).ok_or_else(|| {
        let advice =
            "it has no list `vec![Box::new(m…::Migration), …]` to enter the migration into";
        Error::File(format!("{}: {advice}", list.display()))
    })?;
    let file = folder.join("src").join(format!("{name}.rs"));
    write_new(&file, &TEMPLATE.replace("{name}", &name))?;
    fs::write(&list, listed).map_err(|error| at(&list, &error))?;
    Ok(NewFile { name, file })
}

fn write_new(file: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let made = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file);
    made.and_then(|mut made| made.write_all(text.as_bytes()))
        .map_err(|error| at(file, &error))
}

fn at(file: &Path, error: &std::io::Error) -> Error {
    Error::File(format!("{}: {error}", file.display()))
}

fn snake_case(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}

/// The list with a module and an entry behind the last of each.
fn enter(listed: &str, name: &str) -> Option<String> {
    let is_module = |line: &&str| line.starts_with("mod m2") && line.ends_with(';');
    let is_entry = |line: &&str| line.trim_start().starts_with("Box::new(m2");
    let last_module = listed.lines().rfind(is_module)?;
    let last_entry = listed.lines().rfind(is_entry)?;
    let mut entered = String::with_capacity(listed.len() + 2 * name.len());
    for line in listed.lines() {
        entered.push_str(line);
        entered.push('\n');
        if line == last_module {
            let _ = writeln!(entered, "mod {name};");
        } else if line == last_entry {
            let indent = &line[..line.len() - line.trim_start().len()];
            let _ = writeln!(entered, "{indent}Box::new({name}::Migration),");
        }
    }
    Some(entered)
}

const TEMPLATE: &str = include_str!("new/template.rs");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Down, record};

    #[tokio::test]
    async fn the_template_is_a_migration() {
        for engine in [db::Engine::Sqlite, db::Engine::Postgres] {
            let made = record(&[Box::new(template::Migration)], engine)
                .await
                .unwrap();
            assert_eq!(made[0].name, "{name}");
            assert_eq!(made[0].down, Down::Statements(Vec::new()));
        }
    }

    #[test]
    fn a_new_migration_is_written_and_entered() {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::copy(source, folder.path().join("src/lib.rs")).unwrap();

        let made = new_file(folder.path(), "20990102_030405", "Lots: add label!").unwrap();

        assert_eq!(made.name, "m20990102_030405_lots_add_label");
        assert!(fs::read_to_string(&made.file).unwrap().contains(&made.name));
        let listed = fs::read_to_string(folder.path().join("src/lib.rs")).unwrap();
        assert!(listed.contains("\nmod m20990102_030405_lots_add_label;\n"));
        assert!(
            listed.contains("    Box::new(m20990102_030405_lots_add_label::Migration),\n    ]")
        );
        assert!(new_file(folder.path(), "20990102_030405", "lots add label").is_err());
    }

    #[test]
    fn a_folder_without_the_list_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let error = new_file(folder.path(), "20990102_030405", "x")
            .unwrap_err()
            .to_string();
        assert!(error.contains("--dir"), "{error}");
        assert!(new_file(folder.path(), "20990102_030405", "!").is_err());
    }
}
