//! Beancount itself, as `bean-check` runs it: `TALLYSTICK_BEANCOUNT_PYTHON`, else `python3`. Tests say that they
//! are skipped where there is none.

use std::{
    io::Write,
    process::{Command, Stdio},
};

const SCRIPT: &str = r#"
import json, sys, tempfile, os
from beancount import loader
from beancount.ops import validation
answers = []
for text in json.load(sys.stdin):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "books.beancount")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        _, errors, _ = loader.load_file(path, extra_validations=validation.HARDCORE_VALIDATIONS)
        answers.append(["%s: %s" % (e.source and e.source.get("lineno"), e.message) for e in errors])
json.dump(answers, sys.stdout)
"#;

/// Fails if Beancount has a word to say about one of the texts.
pub fn assert_accepted(texts: &[String]) {
    let python =
        std::env::var("TALLYSTICK_BEANCOUNT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: {python} does not run");
        return;
    };
    let input = serde_json::to_string(texts).unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let written = writer.join().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("No module named 'beancount'") {
        println!("skipped: {python} has no beancount package");
        return;
    }
    written.unwrap();
    assert!(output.status.success(), "{complaint}");
    let answers: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), texts.len());
    for (errors, text) in answers.iter().zip(texts) {
        assert!(errors.is_empty(), "{}\n{text}", errors.join("\n"));
    }
}
