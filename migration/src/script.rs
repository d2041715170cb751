//! A migration as a script for psql or sqlite3, made without a database.

use std::fmt::Write as _;

use db::Engine;

use crate::{
    Error,
    history::{self, Author},
    recording::Recording,
    schema::{LOCK, Work},
    target,
};

/// From which version a script leads, and to which; `None` is before the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: Option<String>,
    pub to: Option<String>,
}

impl Range {
    /// Reads `FROM:TO`, where either may be `base`, `head`, empty (the end of its side) or a part of
    /// a name; `TO` alone leads from `base`.
    pub fn parse(text: &str, known: &[Recording]) -> Result<Self, Error> {
        let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
        let (from, to) = text.split_once(':').unwrap_or(("", text));
        let version = |text: &str, default: &str| -> Result<Option<String>, Error> {
            match if text.is_empty() { default } else { text } {
                "base" => Ok(None),
                "head" => Ok(names.last().map(|name| (*name).to_owned())),
                text => target::find(&names, text).map(|name| Some(name.to_owned())),
            }
        };
        Ok(Self {
            from: version(from, "base")?,
            to: version(to, "head")?,
        })
    }

    fn is_up(&self) -> bool {
        self.from <= self.to
    }

    /// Whether the version lies between, and so is applied or taken back.
    fn holds(&self, name: &str) -> bool {
        let (low, high) = if self.is_up() {
            (&self.from, &self.to)
        } else {
            (&self.to, &self.from)
        };
        let is_after = |end: &Option<String>| end.as_deref().is_none_or(|end| name > end);
        is_after(low) && !is_after(high)
    }
}

/// The script that leads through `range`, as it would run; `program` is written into the record.
pub fn script(
    known: &[Recording],
    range: &Range,
    engine: Engine,
    program: &str,
) -> Result<String, Error> {
    let author = Author {
        program: program.to_owned(),
        operator: "script".to_owned(),
    };
    let mut passed: Vec<&Recording> = known
        .iter()
        .filter(|known| range.holds(&known.name))
        .collect();
    let mut script = Script::new(engine);
    script.stop_on_errors();
    if range.is_up() {
        if range.from.is_none() {
            script.tables();
        }
    } else {
        passed.reverse();
    }
    for recording in passed {
        let work = if range.is_up() {
            Work::up(recording, engine, &author)
        } else {
            Work::down(recording, engine, &author)?
        };
        script.work(&work);
    }
    Ok(script.text)
}

struct Script {
    engine: Engine,
    text: String,
}

impl Script {
    fn new(engine: Engine) -> Self {
        let text = String::new();
        Self { engine, text }
    }

    /// Both shells go on after an error unless they are told, and would commit the rest.
    fn stop_on_errors(&mut self) {
        self.text += match self.engine {
            Engine::Postgres => "\\set ON_ERROR_STOP on\n",
            Engine::Sqlite => {
                ".bail on\nPRAGMA foreign_keys = OFF;\n\
                 CREATE TEMP TABLE reference (is_broken INTEGER CHECK (NOT is_broken));\n"
            }
        };
    }

    fn tables(&mut self) {
        self.text += "\n";
        self.begin();
        for statement in history::tables(self.engine) {
            self.statement(&statement);
        }
        self.statement("COMMIT");
    }

    fn begin(&mut self) {
        self.statement(match self.engine {
            Engine::Postgres => "BEGIN",
            Engine::Sqlite => "BEGIN IMMEDIATE",
        });
    }

    fn statement(&mut self, statement: &str) {
        self.text += statement;
        // A comment on the last line would swallow the semicolon.
        let ends_in_comment = statement
            .lines()
            .last()
            .is_some_and(|line| line.contains("--"));
        self.text += if ends_in_comment { "\n;\n" } else { ";\n" };
    }

    fn work(&mut self, work: &Work<'_>) {
        let direction = work.action.as_str();
        let _ = writeln!(self.text, "\n-- {direction}: {}", work.version);
        if work.in_transaction {
            self.begin();
            if self.engine == Engine::Postgres {
                self.statement(&format!("SELECT pg_advisory_xact_lock({LOCK})"));
                self.statement("SET LOCAL lock_timeout = '500ms'");
                self.statement("SET LOCAL row_security = off");
            }
            self.statement(&work.begin.to_string());
            self.statements(work);
            self.statement(&work.mark.to_string());
            self.statement(&work.finish.to_string());
            if self.engine == Engine::Sqlite {
                // The shell has no other way to stop on what a query finds.
                self.statement(
                    "INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check)",
                );
            }
            self.statement("COMMIT");
        } else {
            self.outside(work);
        }
    }

    /// The line of the record stays open until all is done, as a person can see who comes after.
    fn outside(&mut self, work: &Work<'_>) {
        self.begin();
        if work.action == history::Action::Down {
            self.statement(&work.mark.to_string());
        }
        self.statement(&work.begin.to_string());
        self.statement("COMMIT");
        self.statements(work);
        self.begin();
        if work.action == history::Action::Up {
            self.statement(&work.mark.to_string());
        }
        self.statement(&work.finish.to_string());
        self.statement("COMMIT");
    }

    fn statements(&mut self, work: &Work<'_>) {
        for statement in work.statements {
            self.statement(statement);
        }
    }
}
