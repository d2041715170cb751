use std::fs;

use identity::webhook::Weakness;
use tempfile::TempDir;
use workflow::webhooks::Endpoints;

use super::{Error, load_with};
use crate::settings::{Settings, Sources};

const PUBLISHED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct Folder(TempDir);

impl Folder {
    fn holding(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("webhooks.toml"), text).unwrap();
        Self(folder)
    }

    fn load(&self, environment: &str) -> Result<Option<Endpoints>, Error> {
        let file = self.0.path().join("webhooks.toml");
        let variables = [
            ("TALLYSTICK_ENV", environment),
            (
                "TALLYSTICK__WEBHOOKS__ENDPOINTS_FILE",
                file.to_str().unwrap(),
            ),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = Settings::read(&Sources {
            folder: self.0.path().to_owned(),
            variables: variables.into(),
        });
        load_with(&settings.unwrap(), &|name| {
            (name == "PAGER_SECRET").then(|| PUBLISHED.to_owned())
        })
    }
}

#[test]
fn an_endpoint_has_its_secret_in_the_file_or_in_the_environment() {
    let folder = Folder::holding(&format!(
        "[webhooks.one]\nurl = \"https://one.example/hook\"\nuser = \"me@example.org\"\n\
         secrets = [\"{PUBLISHED}\"]\nevents = [\"approval.resolved\"]\n\
         [webhooks.two]\nurl = \"http://10.0.0.7:9000/\"\nuser = \"you@example.org\"\n\
         secret_env = \"PAGER_SECRET\"\nallow_private = true\n"
    ));
    let endpoints = folder.load("development").unwrap().unwrap();
    let told: Vec<(&str, &str, usize, bool)> = endpoints
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.host(),
                one.events.len(),
                one.allow_private,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("one", "one.example", 1, false),
            ("two", "10.0.0.7", 2, true)
        ]
    );
}

#[test]
fn a_fault_is_told_with_its_file_and_endpoint_and_without_a_secret() {
    let whole = "url = \"https://hunter2.example/\"\nuser = \"a@b\"\nsecrets = [\"whsec_hunter2\"]";
    let with = |more: &str| format!("[webhooks.a]\n{whole}\n{more}");
    for (text, said) in [
        ("[webhooks.a]\nsecrets = [\"hunter2\"".to_owned(), "line 2"),
        ("secret = \"hunter2\"".to_owned(), "[webhooks.NAME]"),
        ("webhooks = \"hunter2\"".to_owned(), "[webhooks.NAME]"),
        ("webhooks.a = \"hunter2\"".to_owned(), "[webhooks.a]"),
        (with(""), "secret number 1"),
        (with("secret_env = \"hunter2\""), "either secrets"),
        (with("token = \"hunter2\""), "nothing else"),
        (with("events = \"hunter2\""), "events = ["),
        (with("allow_private = \"hunter2\""), "allow_private = true"),
        (
            "[webhooks.a]\nurl = \"https://h/\"\nuser = \"a@b\"\nsecret_env = \"NO_SUCH\""
                .to_owned(),
            "NO_SUCH",
        ),
        (
            format!(
                "[webhooks.a]\nurl = \"http://hunter2/\"\nuser = \"a@b\"\nsecrets = [\"{PUBLISHED}\"]"
            ),
            "https://",
        ),
    ] {
        let told = Folder::holding(&text).load("test").unwrap_err().to_string();
        assert!(
            told.contains("webhooks.toml") && told.contains(said),
            "{text}: {told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn production_refuses_a_secret_that_others_know() {
    let folder = Folder::holding(
        "[webhooks.a]\nurl = \"https://h.example/\"\nuser = \"a@b\"\nsecret_env = \"PAGER_SECRET\"",
    );
    assert!(folder.load("development").is_ok());
    let refused = folder.load("production").unwrap_err();
    let published = Weakness::Published;
    assert!(matches!(&refused, Error::Weak { weakness, .. } if *weakness == published));
    assert!(!refused.to_string().contains("MfKQ"));
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let folder = Folder::holding("");
    assert_eq!(folder.load("test").unwrap().unwrap().iter().count(), 0);
    fs::remove_file(folder.0.path().join("webhooks.toml")).unwrap();
    assert!(matches!(folder.load("test"), Err(Error::Unreadable { .. })));
}
