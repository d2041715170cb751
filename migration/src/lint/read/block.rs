//! DO blocks. Their SQL is made while they run, so that only what is plainly harmless passes:
//! questions to the catalogue, and roles and the right to enter a schema, which touch no table.

use sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Token, Tokenizer},
};

use super::{act::Act, words::is};

/// Words that change something when they are code. `EXECUTE` is looked at by itself.
const CHANGING: [&str; 19] = [
    "ALTER", "ANALYZE", "CALL", "CLUSTER", "COMMENT", "COMMIT", "COPY", "CREATE", "DELETE", "DROP",
    "GRANT", "INSERT", "LOCK", "MERGE", "PERFORM", "REINDEX", "REVOKE", "TRUNCATE", "UPDATE",
];

const HARMLESS: [&str; 3] = ["CREATE ROLE ", "ALTER ROLE ", "GRANT USAGE ON SCHEMA "];

pub fn read(tokens: &[Token]) -> Result<Vec<Act>, String> {
    let body = tokens.iter().find_map(|token| match token {
        Token::DollarQuotedString(quoted) => Some(&quoted.value),
        _ => None,
    });
    let body = body.ok_or("a DO block without its text in dollar quotes")?;
    let code: Vec<Token> = Tokenizer::new(&PostgreSqlDialect {}, body)
        .tokenize()
        .map_err(|error| error.to_string())?
        .into_iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    if let Some(word) = CHANGING
        .iter()
        .find(|word| code.iter().any(|token| is(token, word)))
    {
        return Err(format!("a DO block with {word} in it"));
    }
    for (place, _) in code
        .iter()
        .enumerate()
        .filter(|(_, token)| is(token, "EXECUTE"))
    {
        executes_harmlessly(&code[place + 1..])?;
    }
    Ok(vec![Act::Other { repeatable: true }])
}

/// `EXECUTE '…'` or `EXECUTE format('…', …)`.
fn executes_harmlessly(after: &[Token]) -> Result<(), String> {
    let text = match after {
        [Token::SingleQuotedString(text), Token::SemiColon, ..] => text,
        [format, Token::LParen, Token::SingleQuotedString(text), ..] if is(format, "format") => {
            text
        }
        _ => return Err("a DO block that runs a text which it puts together".to_owned()),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    // Where a function looks for names; its body is not run here.
    let search_path = text.starts_with("ALTER FUNCTION ") && text.contains(") SET search_path = ");
    let harmless = search_path
        || HARMLESS
            .iter()
            .any(|start| text.to_uppercase().starts_with(start));
    if harmless && !text.contains(';') && !passes_row_security(&text) {
        return Ok(());
    }
    Err(format!("a DO block that runs `{text}`"))
}

fn passes_row_security(text: &str) -> bool {
    let text = text.to_uppercase();
    [" SUPERUSER", " BYPASSRLS"]
        .iter()
        .any(|word| text.contains(word))
}
