//! Files, includes, encodings, and texts that are no ledgers.

use std::fs;
use std::time::{Duration, Instant};

use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The faults of `main.beancount`, without the folder's path.
fn faults(folder: &TempDir) -> Vec<String> {
    let folder = folder.path();
    let faults = ledger::load(&folder.join("main.beancount")).unwrap_err();
    let prefix = format!("{}/", folder.display());
    faults
        .iter()
        .map(|fault| fault.to_string().replace(&prefix, ""))
        .collect()
}

#[test]
fn includes_are_relative_to_the_file_that_includes() {
    let folder = tree(&[
        (
            "main.beancount",
            "include \"years/*.beancount\"\n2020-01-01 open Assets:A\n",
        ),
        (
            "years/2020.beancount",
            "include \"../more/b.beancount\"\noption \"operating_currency\" \"EUR\"\n",
        ),
        (
            "years/2021.beancount",
            "2021-01-01 * \"x\"\n  Assets:A  1 EUR\n  Assets:B\n",
        ),
        ("years/notes.txt", "this is no ledger\n"),
        ("more/b.beancount", "2020-01-01 open Assets:B\n"),
    ]);
    let ledger = ledger::load(&folder.path().join("main.beancount")).unwrap();
    assert_eq!(
        ledger.opened_accounts().collect::<Vec<_>>(),
        ["Assets:A", "Assets:B"]
    );
    assert_eq!(ledger.transactions.len(), 1);
    assert!(
        ledger
            .file(ledger.transactions[0].file)
            .ends_with("years/2021.beancount")
    );
    assert_eq!(ledger.operating_currencies, ["EUR"]);
}

#[test]
fn a_missing_include_is_reported_with_all_other_faults() {
    let folder = tree(&[
        (
            "main.beancount",
            "include \"none.beancount\"\ninclude \"none/*.beancount\"\ninclude \"other.beancount\"\n",
        ),
        (
            "other.beancount",
            "\n2020-01-01 * \"x\"\n  Assets:A  1 EUR\n",
        ),
    ]);
    assert_eq!(
        faults(&folder),
        [
            "main.beancount:1: include \"none.beancount\": there is no such file",
            "main.beancount:2: include \"none/*.beancount\": there is no such file",
            "other.beancount:2: the transaction does not balance: its postings sum to 1 EUR \
             (tolerance 0); correct an amount, or leave one out to have it filled in",
            "other.beancount:3: Assets:A is not opened: add \"2020-01-01 open Assets:A\" or correct \
             the name",
        ]
    );
}

#[test]
fn a_circle_of_includes_ends() {
    let folder = tree(&[
        ("main.beancount", "include \"a.beancount\"\n"),
        ("a.beancount", "\ninclude \"main.beancount\"\n"),
    ]);
    assert_eq!(
        faults(&folder),
        ["a.beancount:2: include \"main.beancount\": the file is read already; include it once"]
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tree(&[("other.beancount", "")]);
    assert_eq!(
        faults(&folder),
        ["main.beancount:1: the file cannot be read: No such file or directory (os error 2)"]
    );
    fs::write(folder.path().join("main.beancount"), b"\n\n; \xff\n").unwrap();
    assert_eq!(
        faults(&folder),
        ["main.beancount:1: the file is not UTF-8 text, from line 3 on: convert it to UTF-8"]
    );
}

#[test]
fn an_upload_cannot_include() {
    let faults = ledger::parse("upload", "\ninclude \"/etc/passwd\"\n").unwrap_err();
    assert_eq!(
        faults.to_string(),
        "upload:2: include \"/etc/passwd\" cannot be followed in an upload: put everything into one \
         file, or import from the command line"
    );
}

#[test]
fn line_ends_and_marks_of_other_systems_are_read() {
    let text = "\u{feff}2020-01-01 open Assets:A\r\n2020-01-01 open Assets:B\r\n\r\n\
                2020-01-02 * \"Caf\u{e9} \\\"x\\\"\"\r\n  Assets:A  1.00 EUR\r\n  Assets:B\r\n   ";
    let ledger = ledger::parse("upload", text).unwrap();
    assert_eq!(
        ledger.transactions[0].narration.as_deref(),
        Some("Caf\u{e9} \"x\"")
    );
    assert_eq!(ledger.transactions[0].line, 4);
    assert_eq!(ledger.transactions[0].postings[1].line, 6);
}

#[test]
fn an_empty_text_is_a_ledger() {
    for text in [
        "",
        "\n",
        "; only a comment",
        "* a heading\n** another\n",
        "   ",
    ] {
        let ledger = ledger::parse("upload", text).unwrap();
        assert!(ledger.transactions.is_empty());
    }
}

#[test]
fn junk_is_refused_soon() {
    let junk = [
        "(".repeat(200_000),
        "{".repeat(100_000),
        "\"".repeat(100_001),
        "\\".repeat(100_000),
        "-".repeat(100_000),
        "\n\t\u{0}\u{1}\u{feff}".repeat(3_000),
        "2020-01-01 ".repeat(20_000),
        "2020-01-01 * x\n".repeat(3_000),
        "a: b\n".repeat(20_000),
        "pushtag #a\n".repeat(30_000),
        format!(
            "2020-01-01 * \"x\"\n  Assets:A  {}1{} USD\n",
            "(".repeat(50_000),
            ")".repeat(50_000)
        ),
        format!("2020-01-01 price X {}1 USD\n", "1*".repeat(50_000)),
    ];
    for text in junk {
        let started = Instant::now();
        let refused = ledger::parse("junk", &text).is_err();
        let shown: String = text.chars().take(30).collect();
        assert!(refused || text.contains("1*"), "{shown}");
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{shown} took {:?}",
            started.elapsed()
        );
    }
}
