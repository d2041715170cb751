//! A statement's name in logs: its text without any value.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

const LONGEST_TEXT: usize = 300;

/// Statements that differ in values, or in how many of them there are, share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub id: Id,
    /// At most some hundred characters.
    pub text: String,
}

/// Sixteen hexadecimal digits; they stay the same for a version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Fingerprint {
    pub fn of(sql: &str) -> Self {
        let mut text = join_repetitions(&without_values(sql));
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
            text.truncate(end);
            text.push('…');
        }
        Self {
            id: Id(hasher.finish()),
            text,
        }
    }
}

/// Puts `?` for every literal and parameter, and one space for every gap and comment.
fn without_values(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.trim();
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_whitespace() {
            push_space(&mut out);
            first.len_utf8()
        } else if rest.starts_with("--") {
            push_space(&mut out);
            rest.find('\n').map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("/*") {
            push_space(&mut out);
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '\'' {
            out.push('?');
            quoted_length(rest, '\'')
        } else if first == '"' {
            let length = quoted_length(rest, '"');
            out.push_str(&rest[..length]);
            length
        } else if let Some(length) = dollar_quoted_length(rest) {
            out.push('?');
            length
        } else if first == '$' || first == '?' || first.is_ascii_digit() {
            out.push('?');
            1 + span(&rest[1..], |c| c.is_ascii_alphanumeric() || c == '.')
        } else if first.is_alphabetic() || first == '_' {
            let length = span(rest, |c| c.is_alphanumeric() || c == '_');
            out.push_str(&rest[..length]);
            length
        } else {
            out.push(first);
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    out
}

fn push_space(out: &mut String) {
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

fn span(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// The length of what is quoted, a doubled quote being one of its characters.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find(quote) {
        at += end + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// PostgreSQL's `$tag$ … $tag$`.
fn dollar_quoted_length(text: &str) -> Option<usize> {
    let after = text.strip_prefix('$')?;
    let tag = &after[..span(after, |c| c.is_alphabetic() || c == '_')];
    after[tag.len()..].strip_prefix('$')?;
    let mark = &text[..tag.len() + 2];
    let body = &text[mark.len()..];
    Some(
        body.find(mark)
            .map_or(text.len(), |end| end + 2 * mark.len()),
    )
}

/// `?, ?, ?` becomes `?`, and `(?), (?)` becomes `(?)`.
fn join_repetitions(text: &str) -> String {
    let mut text = text.to_owned();
    for (many, one) in [
        ("?, ?", "?"),
        ("?,?", "?"),
        ("(?), (?)", "(?)"),
        ("(?),(?)", "(?)"),
    ] {
        while text.contains(many) {
            text = text.replace(many, one);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    fn text(sql: &str) -> String {
        Fingerprint::of(sql).text
    }

    #[test]
    fn no_value_is_left() {
        let sql = "SELECT a1, \"b 2\" FROM t -- 'comment'\n WHERE x = 'it''s secret' AND y IN (1, 2.5, $3) \
                   AND z = $tag$ secret $tag$ /* 7 */ LIMIT 10";
        assert_eq!(
            text(sql),
            "SELECT a1, \"b 2\" FROM t WHERE x = ? AND y IN (?) AND z = ? LIMIT ?"
        );
    }

    #[test]
    fn statements_that_differ_in_values_alone_share_a_fingerprint() {
        let one = Fingerprint::of("INSERT INTO t (a, b) VALUES ($1, $2)");
        let many = Fingerprint::of("INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4), ($5, $6)");
        assert_eq!(one, many);
        assert_ne!(one, Fingerprint::of("INSERT INTO u (a, b) VALUES ($1, $2)"));
    }

    #[test]
    fn anything_at_all_has_a_fingerprint() {
        for odd in [
            "", "'", "\"", "$$", "$", "/*", "--", "é'ü", "''''", "$a$", "x'",
        ] {
            let _ = Fingerprint::of(odd);
        }
        assert!(text(&"é, ".repeat(1000)).chars().count() <= 301);
    }
}
