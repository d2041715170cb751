use std::fs;

use identity::webhook::Weakness;
use tempfile::TempDir;

use super::{Error, ProducersFile, load, new_secret};
use crate::settings::{Settings, Sources};

const PUBLISHED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn settings(&self, environment: &str) -> Settings {
        let file = self.0.path().join("producers.toml");
        let variables = [
            ("TALLYSTICK_ENV", environment),
            (
                "TALLYSTICK__SIGNALS__PRODUCERS_FILE",
                file.to_str().unwrap(),
            ),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Settings::read(&Sources {
            folder: self.0.path().to_owned(),
            variables: variables.into(),
        })
        .unwrap()
    }

    fn write(&self, text: &str) {
        fs::write(self.0.path().join("producers.toml"), text).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.0.path().join("producers.toml")).unwrap()
    }

    fn open(&self) -> ProducersFile {
        ProducersFile::open(&self.settings("test")).unwrap()
    }
}

#[test]
fn no_secret_comes_twice_or_is_weak() {
    let secrets = [new_secret().unwrap(), new_secret().unwrap()];
    assert_ne!(secrets[0], secrets[1]);
    for secret in secrets {
        let secret = identity::webhook::Secret::parse(&secret).unwrap();
        assert_eq!(secret.weakness(), None);
    }
}

#[test]
fn what_is_written_by_hand_stays() {
    let folder = Folder::new();
    let by_hand = format!(
        "# Ours.\n[producers.momentum]\nuser = \"Me@example.org\" # the owner\nsecrets = [\n  \"{PUBLISHED}\", # old\n]\n"
    );
    folder.write(&by_hand);
    let mut file = folder.open();
    file.add("other", "you@example.org", &new_secret().unwrap())
        .unwrap();
    file.save().unwrap();
    assert!(folder.text().starts_with(&by_hand), "{}", folder.text());
    let producers = load(&folder.settings("test")).unwrap();
    let users: Vec<&str> = producers
        .iter()
        .map(|producer| producer.user.as_str())
        .collect();
    assert_eq!(users, ["me@example.org", "you@example.org"]);
}

#[test]
fn a_rotation_keeps_the_newest_secret_but_one() {
    let folder = Folder::new();
    let secrets: Vec<String> = (0..4).map(|_| new_secret().unwrap()).collect();
    let mut file = folder.open();
    file.add("momentum", "a@b", &secrets[0]).unwrap();
    for (newest, secret) in secrets.iter().enumerate().skip(1) {
        file.rotate("momentum", secret).unwrap();
        file.save().unwrap();
        let text = folder.text();
        let kept: Vec<usize> = (0..4).filter(|n| text.contains(&secrets[*n])).collect();
        assert_eq!(kept, [newest - 1, newest], "{text}");
        assert!(
            text.find(secret.as_str()) < text.find(&secrets[newest - 1]),
            "{text}"
        );
    }
    assert!(matches!(
        file.rotate("other", &secrets[0]),
        Err(Error::Unknown { .. })
    ));
    assert!(matches!(file.remove("other"), Err(Error::Unknown { .. })));
    assert!(matches!(
        file.add("momentum", "a@b", &secrets[0]),
        Err(Error::Exists { .. })
    ));
    file.remove("momentum").unwrap();
    file.save().unwrap();
    assert_eq!(load(&folder.settings("test")).unwrap().iter().count(), 0);
}

#[test]
fn a_fault_is_told_with_its_file_and_producer_and_without_a_secret() {
    let folder = Folder::new();
    for (text, said) in [
        (
            "[producers.a]\nuser = \"a@b\"\nsecrets = [\"whsec_hunter2\"",
            "line 3",
        ),
        ("\n\nhunter2", "line 3"),
        ("secret = \"hunter2\"", "[producers.NAME]"),
        ("producers = \"hunter2\"", "[producers.NAME]"),
        ("producers.a = \"hunter2\"", "[producers.a]"),
        ("[producers.a]\nuser = \"a@b\"", "[producers.a]"),
        (
            "[producers.a]\nuser = \"a@b\"\nsecrets = \"hunter2\"",
            "secrets = [",
        ),
        (
            "[producers.a]\nuser = \"a@b\"\nsecrets = [\"hunter2\", 1]",
            "secrets = [",
        ),
        (
            "[producers.a]\nuser = \"a@b\"\nsecret = \"hunter2\"\nsecrets = []",
            "nothing else",
        ),
        (
            "[producers.a]\nuser = \"a@b\"\nsecrets = []",
            "1 to 4 secrets",
        ),
        (
            "[producers.a]\nuser = \"a@b\"\nsecrets = [\"whsec_hunter2\"]",
            "secret number 1",
        ),
        (
            "[producers.A]\nuser = \"a@b\"\nsecrets = [\"hunter2\"]",
            "a name is",
        ),
        (
            "[producers.a]\nuser = \"\"\nsecrets = [\"hunter2\"]",
            "`user`",
        ),
    ] {
        folder.write(text);
        let settings = folder.settings("test");
        for error in [load(&settings).err(), ProducersFile::open(&settings).err()] {
            let told = error.unwrap().to_string();
            assert!(
                told.contains("producers.toml") && told.contains(said),
                "{text}: {told}"
            );
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}

#[test]
fn production_refuses_a_secret_that_others_know() {
    let folder = Folder::new();
    folder.write(&format!(
        "[producers.a]\nuser = \"a@b\"\nsecrets = [\"{PUBLISHED}\"]"
    ));
    assert!(load(&folder.settings("development")).is_ok());
    let refused = load(&folder.settings("production")).unwrap_err();
    assert!(
        matches!(
            refused,
            Error::Weak {
                weakness: Weakness::Published,
                ..
            }
        ),
        "{refused}"
    );
    assert!(refused.to_string().contains("rotate a") && !refused.to_string().contains("MfKQ"));
}

#[test]
fn without_the_setting_there_is_nobody_and_a_file_that_is_not_there_is_a_fault() {
    let folder = Folder::new();
    let named = folder.settings("test");
    assert!(matches!(load(&named), Err(Error::Unreadable { .. })));
    let mut unset = named;
    unset.signals.producers_file = None;
    assert_eq!(load(&unset).unwrap().iter().count(), 0);
    assert!(matches!(ProducersFile::open(&unset), Err(Error::NotSet)));
}
