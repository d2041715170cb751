use super::{Broken, Elements};

fn elements(file: &str) -> Vec<(String, u64, String)> {
    let mut elements = Elements::new(file.as_bytes());
    let mut found = Vec::new();
    while let Some(element) = elements.next(&["a", "b"]).unwrap() {
        found.push((
            element.of,
            element.line,
            String::from_utf8(element.text).unwrap(),
        ));
    }
    found
}

#[test]
fn elements_are_cut_out_as_they_are_written() {
    let file = "{ \"x\": [1, {\"a\": [2]}], \"a\" :[ 1 ,\"]}\\\"\\\\\",\n[[3],{}], {\"k\": \"{\"} ,null],\n\
        \"y\": \"a\", \"b\": [\n\n-1.5e3], \"a\": 7 }";
    let expected = [
        ("a", 1, "1"),
        ("a", 1, "\"]}\\\"\\\\\""),
        ("a", 2, "[[3],{}]"),
        ("a", 2, "{\"k\": \"{\"}"),
        ("a", 2, "null"),
        ("b", 5, "-1.5e3"),
    ];
    let expected = expected.map(|(of, line, text)| (of.to_owned(), line, text.to_owned()));
    assert_eq!(elements(file), expected);
}

#[test]
fn keys_with_escapes_are_the_keys_that_they_are() {
    assert_eq!(elements("{\"\\u0061\": [1]}").len(), 1);
}

#[test]
fn a_file_that_ends_early_is_broken_on_its_last_line() {
    for file in [
        "",
        "{",
        "{\n\"a\"",
        "{\"a\":",
        "{\"a\": [",
        "{\"a\": [1",
        "{\"a\": [\"",
        "{\"x\": {",
        "[",
        "{1:2}",
        "{\"a\" 1}",
    ] {
        let mut elements = Elements::new(file.as_bytes());
        let outcome = loop {
            match elements.next(&["a"]) {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        let Err(Broken::Syntax { line, .. }) = outcome else {
            panic!("{file:?} is not broken");
        };
        assert_eq!(line, 1 + file.matches('\n').count() as u64, "{file:?}");
    }
}

#[test]
fn deep_nesting_costs_nothing() {
    let depth = 1_000_000;
    let file = format!(
        "{{\"x\": {}{}, \"a\": [1]}}",
        "[".repeat(depth),
        "]".repeat(depth)
    );
    assert_eq!(elements(&file).len(), 1);
}
