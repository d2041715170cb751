//! The text of a CREATE TABLE, taken apart as far as the pragmas leave something out.

use super::super::text::{Token, canonical, group_length, one_line, tokens};

/// One column or one constraint of the table, as it was written.
pub struct Item<'a> {
    words: Vec<Token<'a>>,
}

/// The items between the outer parentheses, in their order.
pub fn items(sql: &str) -> Vec<Item<'_>> {
    let words = tokens(sql);
    let Some(open) = words.iter().position(|word| word.text == "(") else {
        return Vec::new();
    };
    let close = open + group_length(&words[open..]);
    let inner = words.get(open + 1..close - 1).unwrap_or_default();
    let mut items = Vec::new();
    let mut item = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        let length = if inner[at].text == "(" {
            group_length(&inner[at..])
        } else {
            1
        };
        if inner[at].text == "," {
            items.push(Item {
                words: std::mem::take(&mut item),
            });
        } else {
            item.extend_from_slice(&inner[at..at + length]);
        }
        at += length;
    }
    items.push(Item { words: item });
    items
}

impl<'a> Item<'a> {
    /// The column's name, or none for a constraint of the table.
    pub fn column(&self) -> Option<String> {
        let first = self.words.first()?;
        let constraint = ["constraint", "primary", "unique", "check", "foreign"];
        (!constraint.iter().any(|word| first.is(word))).then(|| first.name())
    }

    /// On one line, to be run again behind ADD COLUMN.
    pub fn sql(&self) -> String {
        one_line(&self.words)
    }

    /// The position behind this keyword outside of parentheses.
    fn behind(&self, keyword: &str) -> Option<usize> {
        let mut at = 0;
        while at < self.words.len() {
            if self.words[at].is(keyword) {
                return Some(at + 1);
            }
            at += group_length(&self.words[at..]);
        }
        None
    }

    pub fn has(&self, keyword: &str) -> bool {
        self.behind(keyword).is_some()
    }

    pub fn word_behind(&self, keyword: &str) -> Option<String> {
        self.words
            .get(self.behind(keyword)?)
            .map(|word| word.name())
    }

    /// The expression of a generated column, and whether it is stored.
    pub fn generated(&self) -> Option<String> {
        let at = self.behind("as")?;
        let group = self.group(at)?;
        let stored = if self.has("stored") { " STORED" } else { "" };
        Some(format!("AS {}{stored}", canonical(group)))
    }

    /// The groups behind each CHECK.
    pub fn checks(&self) -> Vec<&[Token<'a>]> {
        (0..self.words.len())
            .filter(|at| self.words[*at].is("check"))
            .filter_map(|at| self.group(at + 1))
            .collect()
    }

    fn group(&self, at: usize) -> Option<&[Token<'a>]> {
        let rest = self.words.get(at..)?;
        (rest.first()?.text == "(").then(|| &rest[..group_length(rest)])
    }

    /// Whether this declares a foreign key from exactly these columns.
    pub fn references_from(&self, columns: &[String]) -> bool {
        if !self.has("references") {
            return false;
        }
        if let Some(column) = self.column() {
            return columns == [column];
        }
        let group = self.behind("key").and_then(|at| self.group(at));
        let named: Vec<String> = group
            .unwrap_or_default()
            .iter()
            .filter(|word| !matches!(word.text, "(" | ")" | ","))
            .map(|word| word.name())
            .collect();
        named == columns
    }

    /// What a constraint does on a conflict, where it says so: `ON CONFLICT REPLACE`.
    pub fn on_conflict(&self) -> Option<String> {
        let answer = self.word_behind("conflict")?;
        Some(format!(
            "{} ON CONFLICT {}",
            self.column().unwrap_or_else(|| canonical(&self.words)),
            answer.to_uppercase()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_taken_apart_whatever_stands_in_its_strings_and_comments() {
        let sql = "CREATE TABLE \"t (\" (
            a text DEFAULT ',(' CHECK (a IN ('x', ')')), -- the first, not the last
            \"check\" integer /* , */ REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED,
            c text COLLATE NOCASE AS (a || 'x') STORED,
            CONSTRAINT t_key UNIQUE (a, c) ON CONFLICT REPLACE,
            FOREIGN KEY (a, c) REFERENCES u (x, y)
        ) STRICT";
        let items = items(sql);
        let columns: Vec<_> = items.iter().map(Item::column).collect();
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(
            columns,
            [named("a"), named("check"), named("c"), None, None]
        );
        assert_eq!(canonical(items[0].checks()[0]), "(a in ('x', ')'))");
        assert!(items[1].checks().is_empty());
        assert!(items[1].references_from(&["check".to_owned()]) && items[1].has("deferred"));
        assert_eq!(items[2].word_behind("collate"), named("nocase"));
        assert_eq!(
            items[2].generated().as_deref(),
            Some("AS (a || 'x') STORED")
        );
        assert!(
            items[3]
                .on_conflict()
                .is_some_and(|text| text.ends_with("REPLACE"))
        );
        assert!(items[4].references_from(&["a".to_owned(), "c".to_owned()]));
    }
}
