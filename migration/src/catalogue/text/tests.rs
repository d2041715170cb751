use super::{canonical, collapsed, one_line, quote, renamed, tokens};

#[test]
fn whitespace_comments_and_capitals_do_not_change_the_canonical_text() {
    let plain = "check (length(name) >= 1 and kind in ('Buy', 'it''s -- no comment'))";
    let written = "CHECK( LENGTH (\"Name\")>=1 -- why\n AND [kind] /* ( */ IN\n('Buy','it''s -- no comment') )";
    assert_eq!(canonical(&tokens(written)), plain);
    assert_eq!(canonical(&tokens(plain)), plain);
}

#[test]
fn what_is_in_a_string_counts_to_the_letter() {
    for (one, other) in [
        ("x = 'Buy'", "x = 'buy'"),
        ("x = 'a  b'", "x = 'a b'"),
        ("x = '/* y */'", "x = ''"),
        ("x <> 1", "x < 1"),
        ("a - b", "a -- b"),
    ] {
        assert_ne!(canonical(&tokens(one)), canonical(&tokens(other)), "{one}");
    }
}

#[test]
fn sql_that_is_not_closed_ends_with_the_text() {
    for sql in [
        "'abc", "\"abc", "[abc", "/* abc", "-- abc", "(((", "''", "'",
    ] {
        canonical(&tokens(sql));
        collapsed(sql);
    }
}

#[test]
fn one_line_can_be_run_again() {
    let sql = "CREATE TABLE t ( -- books\n  a text,\n  b text CHECK (b <> '--')\n) STRICT";
    assert_eq!(
        one_line(&tokens(sql)),
        "CREATE TABLE t (a text, b text CHECK (b <> '--')) STRICT"
    );
    assert_eq!(
        collapsed("SELECT 'a  b',\n   c\n FROM t"),
        "SELECT 'a  b', c FROM t"
    );
}

#[test]
fn names_are_changed_and_quoted_where_they_must_be() {
    assert_eq!(
        renamed("(a = 'a') OR ab > a", "a", "c"),
        "(c = 'a') OR ab > c"
    );
    assert_eq!(quote("base_currency"), "base_currency");
    assert_eq!(quote("limit"), "\"limit\"");
    assert_eq!(quote("Mixed\"x"), "\"Mixed\"\"x\"");
}
