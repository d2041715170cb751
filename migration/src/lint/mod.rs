//! Reads migrations before they run and refuses what would stop a service that is in use, break the
//! older program that still runs, or leave a hole between tenants. `docs/lint.md` is its guide.
//!
//! It reads PostgreSQL's SQL without a server: it walks the migrations in their order, keeps a small
//! model of the schema, and judges each statement by what the earlier ones have made.

mod alter;
mod apply;
pub(crate) mod read;
mod rule;
mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod waiver;

use std::fmt;

pub use rule::Rule;

use read::act::{Act, Change, Thing};
use schema::{Place, Schema};

/// What one migration says to PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub migration: &'a str,
    pub statements: &'a [String],
    pub in_transaction: bool,
}

/// A statement that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub migration: String,
    /// From 1.
    pub statement: usize,
    pub rule: Rule,
    /// Names the table, and the column where there is one.
    pub what: String,
    /// The safe way.
    pub instead: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}, statement {}: {}: {}; {}",
            self.migration, self.statement, self.rule, self.what, self.instead
        )
    }
}

/// Judges all migrations, in the order in which they apply. What counts as an existing table is
/// what an earlier migration has made.
pub fn lint(steps: &[Step<'_>]) -> Vec<Finding> {
    let mut schema = Schema::default();
    let mut found: Vec<(Place, Broken)> = Vec::new();
    for (migration, step) in steps.iter().enumerate() {
        let texts: Vec<_> = step
            .statements
            .iter()
            .map(|text| read::read(text))
            .collect();
        let acts = texts.iter().map(Vec::len).sum::<usize>();
        let mut told = Told::of(texts.iter().flatten().flatten().flatten());
        for (statement, text) in texts.into_iter().enumerate() {
            let at = Place {
                migration,
                statement,
            };
            let alone_in_text = text.len() <= 1;
            for acts_or_error in text {
                let read = match acts_or_error {
                    Ok(read) => read,
                    Err(why) => {
                        found.push((at, unreadable(&why)));
                        continue;
                    }
                };
                for act in read {
                    let context = Context {
                        schema: &schema,
                        step,
                        at,
                        alone: acts <= 1,
                        alone_in_text,
                        told: &told,
                    };
                    let broken = rules::of_statement(&act, &context);
                    found.extend(broken.into_iter().map(|broken| (at, broken)));
                    schema.apply(&act, at);
                    told.note(&act);
                }
            }
        }
    }
    found.extend(rules::of_schema(&schema));
    with_waivers(steps, &found)
}

fn with_waivers(steps: &[Step<'_>], found: &[(Place, Broken)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (migration, step) in steps.iter().enumerate() {
        for (statement, text) in step.statements.iter().enumerate() {
            let at = Place {
                migration,
                statement,
            };
            let here = found.iter().filter(|(place, _)| *place == at);
            let here = here.map(|(_, broken)| broken.clone()).collect();
            findings.extend(waiver::apply(text, here).into_iter().map(|broken| Finding {
                migration: step.migration.to_owned(),
                statement: statement + 1,
                rule: broken.rule,
                what: broken.what,
                instead: broken.instead,
            }));
        }
    }
    findings
}

fn unreadable(why: &str) -> Broken {
    Broken::new(
        Rule::Unreadable,
        format!("this statement could not be read: {why}"),
        "write it in a simpler form or waive",
    )
}

/// A finding before it is known which waivers there are.
#[derive(Clone, Debug)]
struct Broken {
    rule: Rule,
    what: String,
    instead: String,
}

impl Broken {
    fn new(rule: Rule, what: impl Into<String>, instead: impl Into<String>) -> Self {
        Self {
            rule,
            what: what.into(),
            instead: instead.into(),
        }
    }
}

/// Where a statement stands.
struct Context<'a> {
    schema: &'a Schema,
    step: &'a Step<'a>,
    at: Place,
    /// Whether the migration has this statement only.
    alone: bool,
    /// Whether its text has no other statement: PostgreSQL runs several as one transaction.
    alone_in_text: bool,
    told: &'a Told,
}

/// What the migration does besides this statement.
#[derive(Debug, Default)]
struct Told {
    /// Indexes that it has dropped with IF EXISTS so far, so that they can be built anew.
    dropped_indexes: Vec<String>,
    /// Tables to which it adds a column.
    expanded: Vec<String>,
    creates_tables: bool,
}

impl Told {
    fn of<'a>(acts: impl Iterator<Item = &'a Act>) -> Self {
        let mut told = Self::default();
        for act in acts {
            match act {
                Act::CreateTable(_) => told.creates_tables = true,
                Act::AlterTable { table, changes } => {
                    let adds = |change: &Change| matches!(change, Change::AddColumn { .. });
                    if changes.iter().any(adds) {
                        told.expanded.push(table.clone());
                    }
                }
                _ => {}
            }
        }
        told
    }

    fn note(&mut self, act: &Act) {
        if let Act::DropIndex {
            names,
            if_exists: true,
            ..
        } = act
        {
            self.dropped_indexes.extend(names.iter().cloned());
        }
    }
}

impl Context<'_> {
    /// Whether an earlier migration made the table, or somebody else: it has rows and is in use.
    fn existing(&self, table: &str) -> bool {
        let Some(known) = self.schema.tables.get(table) else {
            let view = self.schema.thing(Thing::MaterializedView, table);
            return view.is_none_or(|made| made.migration < self.at.migration);
        };
        known.made.migration < self.at.migration && !known.temporary
    }

    /// Whether an older program can know the column.
    fn existing_column(&self, table: &str, column: &str) -> bool {
        let known = self.schema.column(table, column);
        self.existing(table) && known.is_none_or(|known| known.made.migration < self.at.migration)
    }

    /// Whether the migration's name says that older programs are gone: `m<date>_<number>_contract_…`.
    fn contracting(&self) -> bool {
        let mut parts = self.step.migration.splitn(4, '_');
        let digits = |part: Option<&str>, count: usize| {
            part.is_some_and(|part| part.len() == count && part.bytes().all(|b| b.is_ascii_digit()))
        };
        digits(parts.next().and_then(|part| part.strip_prefix('m')), 8)
            && digits(parts.next(), 6)
            && parts.next() == Some("contract")
            && parts.next().is_some()
    }
}
