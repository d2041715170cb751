//! Reading SQL as words, for what an engine keeps as text only.

/// One piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    /// A name or keyword without quotes, or a number.
    pub is_word: bool,
    /// Whitespace or a comment stands before it.
    pub spaced: bool,
}

impl Token<'_> {
    pub fn is(self, keyword: &str) -> bool {
        self.is_word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// The name that this is, without quotes and in small letters, since SQLite's names have no case.
    pub fn name(self) -> String {
        let text = self.text;
        let inner = match text.as_bytes() {
            [b'"', .., b'"'] | [b'`', .., b'`'] | [b'[', .., b']'] | [b'\'', .., b'\''] => {
                &text[1..text.len() - 1]
            }
            _ => text,
        };
        inner.to_lowercase()
    }
}

const LONG_SYMBOLS: [&str; 10] = ["->>", "<>", "<=", ">=", "==", "!=", "||", "<<", ">>", "->"];

/// SQLite's SQL as tokens, without comments and whitespace. What is not closed reaches to the end.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    let mut spaced = false;
    while let Some(first) = rest.chars().next() {
        let blank = blank_length(rest);
        if blank > 0 {
            rest = &rest[blank..];
            spaced = true;
            continue;
        }
        let is_word = is_word_character(first);
        let length = match first {
            '\'' | '"' | '`' => quoted_length(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ if is_word => rest
                .find(|c: char| !is_word_character(c))
                .unwrap_or(rest.len()),
            _ => LONG_SYMBOLS
                .iter()
                .find(|symbol| rest.starts_with(**symbol))
                .map_or(first.len_utf8(), |symbol| symbol.len()),
        };
        tokens.push(Token {
            text: &rest[..length],
            is_word,
            spaced,
        });
        rest = &rest[length..];
        spaced = false;
    }
    tokens
}

fn is_word_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn blank_length(rest: &str) -> usize {
    if rest.starts_with("--") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        return comment.find("*/").map_or(rest.len(), |end| end + 4);
    }
    rest.find(|c: char| !c.is_whitespace())
        .unwrap_or(rest.len())
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// How many tokens the group takes that begins at the first one, its parentheses included.
pub fn group_length(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

const BEFORE_A_GROUP: [&str; 16] = [
    "and", "or", "not", "in", "as", "where", "when", "then", "else", "on", "check", "key",
    "unique", "values", "select", "between",
];

/// The one text of these tokens, whatever whitespace, comments and capitals they were written with.
pub fn canonical(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut before: Option<Token<'_>> = None;
    for token in tokens {
        let closes = matches!(token.text, ")" | "," | "." | ";");
        let calls = token.text == "("
            && before.is_some_and(|b| {
                b.is_word && !BEFORE_A_GROUP.contains(&b.text.to_lowercase().as_str())
            });
        let opened = before.is_none_or(|b| matches!(b.text, "(" | "."));
        if !(closes || calls || opened) {
            text.push(' ');
        }
        text.push_str(&canonical_word(*token));
        before = Some(*token);
    }
    text
}

fn canonical_word(token: Token<'_>) -> String {
    let plain_name = || {
        let name = token.name();
        !name.is_empty() && name.chars().all(is_word_character)
    };
    let quoted = token.text.starts_with(['"', '`', '[']);
    if token.is_word || (quoted && plain_name()) {
        token.name()
    } else {
        token.text.to_owned()
    }
}

/// SQLite's SQL on one line and without comments, to be run again.
pub fn one_line(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    for token in tokens {
        let tight = matches!(token.text, ")" | ",") || text.ends_with('(');
        if token.spaced && !text.is_empty() && !tight {
            text.push(' ');
        }
        text.push_str(token.text);
    }
    text
}

/// PostgreSQL's own printing on one line: whitespace outside of quotes becomes one blank.
pub fn collapsed(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut quote: Option<char> = None;
    for c in sql.trim().chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c.is_whitespace() => {
                if !text.ends_with([' ', '(']) {
                    text.push(' ');
                }
                continue;
            }
            _ => {}
        }
        if quote.is_none() && c == ')' && text.ends_with(' ') {
            text.pop();
        }
        text.push(c);
    }
    text
}

/// Puts one name for another, outside of strings.
pub fn renamed(sql: &str, from: &str, to: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    for token in tokens_with_gaps(sql) {
        text.push_str(if token == from { to } else { token });
    }
    text
}

fn tokens_with_gaps(sql: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            quoted_length(rest, first)
        } else if is_word_character(first) {
            rest.find(|c: char| !is_word_character(c))
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        pieces.push(&rest[..length]);
        rest = &rest[length..];
    }
    pieces
}

/// A name as SQL, in quotes where it needs them.
pub fn quote(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !RESERVED.split(' ').any(|word| word == name);
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// Words that one of the engines refuses as a plain column name.
const RESERVED: &str = "add all alter analyse analyze and any array as asc asymmetric between both case cast check \
    collate column commit constraint create cross current_date current_role current_time \
    current_timestamp current_user default deferrable delete desc distinct do drop else end \
    escape except exists false fetch for foreign freeze from full grant group having ilike in \
    index initially inner insert intersect into is join lateral leading left like limit \
    localtime localtimestamp natural not null offset on only or order outer placing primary \
    references returning right select set some table then to trailing transaction true union \
    unique update user using values when";

#[cfg(test)]
mod tests;
