//! Statements over rows: who is written and who is read.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FromTable, ObjectName, Query, Select, Statement, TableFactor, TableObject,
    TableWithJoins, Visit, Visitor,
};

use super::{
    act::{Act, NewTable, Write, WriteKind},
    ident, name, words_of,
};

/// A query or a write, with the writes that hide in its WITH clauses.
pub fn read(statement: &Statement) -> Result<Vec<Act>, String> {
    let mut seen = Seen::default();
    let _ = statement.visit(&mut seen);
    seen.tables.retain(|table| !seen.ctes.contains(table));
    seen.tables.sort();
    seen.tables.dedup();
    if let Some(why) = seen.unreadable {
        return Err(why);
    }
    let mut acts = Vec::new();
    for (table, kind, limited) in seen.writes {
        let reads = seen.tables.iter().filter(|read| **read != table);
        acts.push(Act::Write(Write {
            reads: reads.cloned().collect(),
            table,
            kind,
            limited,
        }));
    }
    for table in seen.into {
        acts.push(Act::CreateTable(NewTable {
            name: table,
            from_query: true,
            ..NewTable::default()
        }));
    }
    if acts.is_empty() || seen.locks_rows {
        acts.push(Act::Query {
            reads: seen.tables,
            locks_rows: seen.locks_rows,
        });
    }
    Ok(acts)
}

/// The tables that a query reads.
pub fn tables_of(query: &Query) -> Vec<String> {
    let mut seen = Seen::default();
    let _ = query.visit(&mut seen);
    seen.tables.retain(|table| !seen.ctes.contains(table));
    seen.tables
}

#[derive(Default)]
struct Seen {
    tables: Vec<String>,
    ctes: Vec<String>,
    writes: Vec<(String, WriteKind, bool)>,
    into: Vec<String>,
    locks_rows: bool,
    unreadable: Option<String>,
}

impl Seen {
    fn write(&mut self, table: Option<String>, kind: WriteKind, limited: bool) {
        match table {
            Some(table) => self.writes.push((table, kind, limited)),
            None => self.unreadable = Some("which table is written is not clear".to_owned()),
        }
    }
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.tables.push(name(relation));
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        self.ctes.extend(with.map(|cte| ident(&cte.alias.name)));
        self.locks_rows |= !query.locks.is_empty();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let into = select.into.iter().flat_map(|into| &into.targets);
        self.into.extend(into.map(|target| match target {
            Expr::Identifier(named) => ident(named),
            other => other.to_string().to_lowercase(),
        }));
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(insert) => {
                let table = match &insert.table {
                    TableObject::TableName(table) => Some(name(table)),
                    _ => None,
                };
                self.write(table, WriteKind::Insert, insert.on.is_some());
            }
            Statement::Update(update) => self.write(
                written(&update.table.relation),
                WriteKind::Update,
                limits(update.selection.as_ref()),
            ),
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) =
                    &delete.from;
                let table = match from.as_slice() {
                    [TableWithJoins { relation, .. }] => written(relation),
                    _ => None,
                };
                self.write(table, WriteKind::Delete, limits(delete.selection.as_ref()));
            }
            Statement::Merge(merge) => {
                self.write(written(&merge.table), WriteKind::Merge, true);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn written(table: &TableFactor) -> Option<String> {
    match table {
        TableFactor::Table { name: table, .. } => Some(name(table)),
        _ => None,
    }
}

/// `WHERE true` limits nothing.
fn limits(selection: Option<&Expr>) -> bool {
    selection.is_some_and(|selection| words_of(selection) != ["true"])
}
