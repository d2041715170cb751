//! Statements that `sqlparser` does not know, recognised by their words.

use sqlparser::tokenizer::Token;

use super::{
    act::{Act, Thing},
    altered, block, grant, read_one,
};

/// Reads what only this module knows. `None`: `sqlparser` knows it better.
pub fn read(tokens: &[Token]) -> Option<Result<Vec<Act>, String>> {
    let mut words = Words { tokens };
    let act = if words.take(&["DO"]) {
        return Some(block::read(tokens));
    } else if words.take(&["GRANT"]) {
        grant::read(&mut words, "TO").map(Act::Grant)
    } else if words.take(&["REVOKE"]) {
        grant::read(&mut words, "FROM").map(Act::Revoke)
    } else if words.take(&["ALTER", "TABLE"]) {
        altered::table(&mut words)?
    } else if words.take(&["ALTER", "INDEX"]) {
        altered::index(&mut words)?
    } else if words.take(&["ALTER", "MATERIALIZED", "VIEW"]) {
        altered::renamed(&mut words, Thing::MaterializedView)?
    } else if words.take(&["ALTER", "VIEW"]) {
        altered::renamed(&mut words, Thing::View)?
    } else if words.take(&["ALTER", "SEQUENCE"]) {
        altered::renamed(&mut words, Thing::Sequence).unwrap_or(Ok(Act::Other { repeatable: true }))
    } else if words.take(&["DROP", "INDEX", "CONCURRENTLY"]) {
        drop_index(&mut words)
    } else if words.take(&["CREATE", "MATERIALIZED", "VIEW"]) {
        return without_data(tokens).map(read_one);
    } else if words.take(&["CREATE", "PROCEDURE"]) {
        Ok(Act::Other { repeatable: false })
    } else if words.take(&["CREATE", "OR", "REPLACE", "PROCEDURE"])
        || words.take(&["ALTER", "PROCEDURE"])
    {
        Ok(Act::Other { repeatable: true })
    } else if words.take(&["REFRESH", "MATERIALIZED", "VIEW"]) {
        refresh(&mut words)
    } else if words.take(&["SET", "CONSTRAINTS"]) {
        Ok(Act::Set { local: true })
    } else if words.take(&["COMMENT", "ON"]) {
        comment(&mut words)?
    } else {
        maintenance(&mut words)?
    };
    Some(act.map(|act| vec![act]))
}

pub fn is(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(found)
        if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

pub struct Words<'a> {
    pub tokens: &'a [Token],
}

impl Words<'_> {
    pub fn take(&mut self, words: &[&str]) -> bool {
        let fits = self.tokens.len() >= words.len()
            && self
                .tokens
                .iter()
                .zip(words)
                .all(|(token, word)| is(token, word));
        if fits {
            self.tokens = &self.tokens[words.len()..];
        }
        fits
    }

    pub fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    pub fn take_token(&mut self, token: &Token) -> bool {
        let fits = self.tokens.first() == Some(token);
        if fits {
            self.tokens = &self.tokens[1..];
        }
        fits
    }

    /// A name; of a qualified one, the last part.
    pub fn name(&mut self) -> Result<String, String> {
        let mut name = self.word()?;
        while self.take_token(&Token::Period) {
            name = self.word()?;
        }
        Ok(name)
    }

    pub fn word(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(word)) if word.quote_style.is_some() => Ok(word.value),
            Some(Token::Word(word)) => Ok(word.value.to_lowercase()),
            Some(other) => Err(format!("a name was expected, not `{other}`")),
            None => Err("a name was expected at the end".to_owned()),
        }
    }

    pub fn names(&mut self) -> Result<Vec<String>, String> {
        let mut names = vec![self.name()?];
        while self.take_token(&Token::Comma) {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// Whether a word stands anywhere.
    fn have(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| is(token, word))
    }

    /// What is between parentheses is left out.
    pub fn skip_parentheses(&mut self) -> bool {
        if !self.take_token(&Token::LParen) {
            return false;
        }
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => depth -= 1,
                Some(_) => {}
                None => break,
            }
        }
        true
    }

    pub fn end(&self, act: Act) -> Result<Act, String> {
        match self.tokens.first() {
            None => Ok(act),
            Some(rest) => Err(format!("nothing is known of `{rest}` at this place")),
        }
    }
}

fn drop_index(words: &mut Words<'_>) -> Result<Act, String> {
    let if_exists = words.take(&["IF", "EXISTS"]);
    let names = words.names()?;
    words.take(&["RESTRICT"]);
    words.end(Act::DropIndex {
        names,
        concurrently: true,
        if_exists,
        cascade: false,
    })
}

/// WITH [NO] DATA at the end, which `sqlparser` does not know.
fn without_data(tokens: &[Token]) -> Option<&[Token]> {
    let (last, before) = tokens.split_last()?;
    if !is(last, "DATA") {
        return None;
    }
    let (word, before) = before.split_last()?;
    if is(word, "NO") {
        return before.split_last().map(|(_, query)| query);
    }
    Some(before)
}

fn refresh(words: &mut Words<'_>) -> Result<Act, String> {
    let concurrently = words.take(&["CONCURRENTLY"]);
    let name = words.name()?;
    let _ = words.take(&["WITH", "NO", "DATA"]) || words.take(&["WITH", "DATA"]);
    words.end(Act::RefreshView { name, concurrently })
}

fn comment(words: &mut Words<'_>) -> Option<Result<Act, String>> {
    const ON_TABLES: [&str; 4] = ["CONSTRAINT", "POLICY", "TRIGGER", "RULE"];
    if !ON_TABLES.iter().any(|kind| words.take(&[kind])) {
        return None;
    }
    words.name().ok()?;
    words.take(&["ON"]).then(|| {
        words.name().map(|table| Act::Comment {
            table: Some(table),
            part: true,
        })
    })
}

fn maintenance(words: &mut Words<'_>) -> Option<Result<Act, String>> {
    if words.take(&["VACUUM"]) {
        let full = words.have("FULL");
        let _ = words.skip_parentheses();
        while ["FULL", "FREEZE", "VERBOSE", "ANALYZE"]
            .iter()
            .any(|word| words.take(&[word]))
        {}
        return Some(Ok(Act::Vacuum {
            tables: words.names().unwrap_or_default(),
            full,
        }));
    }
    if words.take(&["ANALYZE"]) || words.take(&["ANALYSE"]) {
        let _ = words.skip_parentheses() || words.take(&["VERBOSE"]);
        return Some(Ok(Act::Analyze {
            tables: words.names().unwrap_or_default(),
        }));
    }
    if words.take(&["CLUSTER"]) {
        let _ = words.skip_parentheses() || words.take(&["VERBOSE"]);
        return Some(words.name().map(|table| Act::Cluster { table }));
    }
    if words.take(&["REINDEX"]) {
        let _ = words.skip_parentheses();
        let index = words.take(&["INDEX"]);
        if !index && !words.take(&["TABLE"]) {
            return Some(Err("`REINDEX` of more than a table or an index".to_owned()));
        }
        let concurrently = words.take(&["CONCURRENTLY"]);
        return Some(words.name().map(|name| Act::Reindex {
            name,
            index,
            concurrently,
        }));
    }
    None
}
