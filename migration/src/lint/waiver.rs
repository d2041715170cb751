//! `-- allow(rule): reason` on a statement.

use super::{Broken, Rule, read};

/// Takes out what the statement's comments allow, and adds what is wrong with the waivers.
pub fn apply(statement: &str, broken: Vec<Broken>) -> Vec<Broken> {
    let mut allowed = Vec::new();
    let mut kept = Vec::new();
    for waiver in waivers(statement) {
        match Rule::named(&waiver.rule).filter(|rule| *rule != Rule::Waiver) {
            None => kept.push(wrong(
                &waiver,
                "names no rule",
                "take a name from docs/lint.md",
            )),
            Some(_) if waiver.reason.is_empty() => kept.push(wrong(
                &waiver,
                "gives no reason",
                "write `allow(rule): why this is safe here`",
            )),
            Some(rule) if !broken.iter().any(|found| found.rule == rule) => kept.push(wrong(
                &waiver,
                "allows what the statement does not do",
                "remove it",
            )),
            Some(rule) => allowed.push(rule),
        }
    }
    let found = broken
        .into_iter()
        .filter(|found| !allowed.contains(&found.rule));
    found.chain(kept).collect()
}

struct Waiver {
    rule: String,
    reason: String,
}

fn waivers(statement: &str) -> Vec<Waiver> {
    let comments = read::comments(statement);
    let lines = comments.iter().flat_map(|comment| comment.lines());
    lines.filter_map(waiver).collect()
}

fn waiver(line: &str) -> Option<Waiver> {
    let (rule, rest) = line.trim().strip_prefix("allow(")?.split_once(')')?;
    let reason = rest.trim_start().strip_prefix(':').unwrap_or_default();
    Some(Waiver {
        rule: rule.trim().to_owned(),
        reason: reason.trim().to_owned(),
    })
}

fn wrong(waiver: &Waiver, what: &str, instead: &str) -> Broken {
    Broken::new(
        Rule::Waiver,
        format!("the waiver `allow({})` {what}", waiver.rule),
        instead,
    )
}
