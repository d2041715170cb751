//! GRANT and REVOKE, whose privileges grow with each version of PostgreSQL.

use sqlparser::tokenizer::Token;

use super::{
    act::{Grant, GrantedOn},
    words::{Words, is},
};

/// What follows GRANT or REVOKE.
pub fn read(words: &mut Words<'_>, towards: &str) -> Result<Grant, String> {
    let option_only = words.take(&["GRANT", "OPTION", "FOR"]);
    let mut privileges = Vec::new();
    let mut on_columns = false;
    loop {
        let mut privilege = words.word()?.to_uppercase();
        if privilege == "ALL" {
            words.take(&["PRIVILEGES"]);
        } else if privilege == "ALTER" && words.take(&["SYSTEM"]) {
            privilege.push_str(" SYSTEM");
        }
        privileges.push(privilege);
        on_columns |= words.skip_parentheses();
        if !words.take_token(&Token::Comma) {
            break;
        }
    }
    let on = if words.take(&["ON"]) {
        granted_on(words, towards)?
    } else {
        GrantedOn::Role
    };
    if !words.take(&[towards]) {
        return Err(format!("{towards} and the roles were expected"));
    }
    let mut roles = Vec::new();
    loop {
        words.take(&["GROUP"]);
        roles.push(words.word()?);
        if !words.take_token(&Token::Comma) {
            break;
        }
    }
    let may_pass_on = words.take(&["WITH", "GRANT", "OPTION"])
        || words.take(&["WITH", "ADMIN", "OPTION"])
        || option_only;
    if !words.take(&["CASCADE"]) {
        words.take(&["RESTRICT"]);
    }
    if let Some(rest) = words.tokens.first() {
        return Err(format!("nothing is known of `{rest}` after the roles"));
    }
    Ok(Grant {
        privileges,
        on_columns,
        on,
        roles,
        may_pass_on,
    })
}

fn granted_on(words: &mut Words<'_>, towards: &str) -> Result<GrantedOn, String> {
    const OTHERS: [&str; 14] = [
        "SCHEMA",
        "SEQUENCE",
        "FUNCTION",
        "PROCEDURE",
        "ROUTINE",
        "DATABASE",
        "TYPE",
        "DOMAIN",
        "LANGUAGE",
        "TABLESPACE",
        "LARGE",
        "PARAMETER",
        "FOREIGN",
        "ALL",
    ];
    if words.take(&["ALL", "TABLES", "IN", "SCHEMA"]) {
        words.names()?;
        return Ok(GrantedOn::AllTables);
    }
    if let Some(other) = OTHERS.iter().find(|other| words.take(&[other])) {
        while words
            .tokens
            .first()
            .is_some_and(|token| !is(token, towards))
        {
            words.next();
        }
        return Ok(GrantedOn::Other((*other).to_owned()));
    }
    words.take(&["TABLE"]);
    Ok(GrantedOn::Tables(words.names()?))
}
