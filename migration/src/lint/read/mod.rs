//! From SQL text to [`Act`]s. `sqlparser` reads what it can; what it does not know is recognised by
//! its words; the rest is an error, so that nothing passes unseen.

pub mod act;
mod alter;
mod altered;
mod block;
mod change;
mod grant;
mod statement;
mod table;
mod things;
mod words;
mod write;

use sqlparser::{
    ast::{BinaryOperator, Expr, Ident, ObjectName},
    dialect::PostgreSqlDialect,
    parser::Parser,
    tokenizer::{Token, Tokenizer, Whitespace},
};

pub use act::Act;

/// Every SQL statement in a text, or why it could not be read.
pub fn read(text: &str) -> Vec<Result<Vec<Act>, String>> {
    let tokens = match tokens(text) {
        Ok(tokens) => tokens,
        Err(why) => return vec![Err(why)],
    };
    tokens
        .split(|token| *token == Token::SemiColon)
        .filter(|statement| !statement.is_empty())
        .map(read_one)
        .collect()
}

/// The comments of a text, those within dollar quotes too, without their marks.
pub fn comments(text: &str) -> Vec<String> {
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else {
        return Vec::new();
    };
    let mut comments = Vec::new();
    for token in tokens {
        match token {
            Token::Whitespace(
                Whitespace::SingleLineComment { comment, .. }
                | Whitespace::MultiLineComment(comment),
            ) => comments.push(comment),
            Token::DollarQuotedString(quoted) => comments.extend(self::comments(&quoted.value)),
            _ => {}
        }
    }
    comments
}

/// An expression as its words, so that two can be compared whatever their spaces, their letters'
/// case and the parentheses around them.
pub fn words_of(expr: &Expr) -> Vec<String> {
    let text = bare(expr).to_string();
    let Ok(tokens) = tokens(&text) else {
        return vec![text];
    };
    let words = tokens.into_iter().map(|token| match token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
        Token::Word(word) => word.value,
        other => other.to_string(),
    });
    words.collect()
}

/// The columns in `a IS NOT NULL AND b IS NOT NULL`; a part that says something else is `None`.
pub fn not_null_parts(expr: &Expr) -> Vec<Option<String>> {
    match bare(expr) {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => [not_null_parts(left), not_null_parts(right)].concat(),
        Expr::IsNotNull(inner) => match bare(inner) {
            Expr::Identifier(column) => vec![Some(ident(column))],
            _ => vec![None],
        },
        _ => vec![None],
    }
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => bare(inner),
        other => other,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, text)
        .tokenize()
        .map_err(|error| error.to_string())?;
    Ok(tokens
        .into_iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect())
}

fn read_one(tokens: &[Token]) -> Result<Vec<Act>, String> {
    if let Some(read) = words::read(tokens) {
        return read;
    }
    let (tokens, only) = without_only(tokens);
    let mut parser = Parser::new(&PostgreSqlDialect {}).with_tokens(tokens);
    let parsed = parser
        .parse_statement()
        .map_err(|error| error.to_string())?;
    match parser.peek_token().token {
        Token::EOF => statement::read(parsed, only),
        rest => Err(format!("nothing is known of `{rest}` at this place")),
    }
}

/// `sqlparser` takes ONLY for a table's name in some places. The word is reserved, so that it can
/// be left out safely, except for FETCH FIRST … ROWS ONLY.
fn without_only(tokens: &[Token]) -> (Vec<Token>, bool) {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut only = false;
    for token in tokens {
        let after_rows = kept
            .last()
            .is_some_and(|last| words::is(last, "ROW") || words::is(last, "ROWS"));
        if words::is(token, "ONLY") && !after_rows {
            only = true;
        } else {
            kept.push(token.clone());
        }
    }
    (kept, only)
}

/// A name as PostgreSQL folds it.
fn ident(ident: &Ident) -> String {
    if ident.quote_style.is_some() {
        ident.value.clone()
    } else {
        ident.value.to_lowercase()
    }
}

fn idents(list: &[Ident]) -> Vec<String> {
    list.iter().map(ident).collect()
}

/// The last part of a name: which schema the tables live in is the operator's choice.
fn name(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident());
    last.map_or_else(|| name.to_string().to_lowercase(), ident)
}

fn names(list: &[ObjectName]) -> Vec<String> {
    list.iter().map(name).collect()
}
