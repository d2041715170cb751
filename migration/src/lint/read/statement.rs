//! What `sqlparser` has read, in the words of this crate.

use sqlparser::ast::{
    AlterPolicyOperation, ContextModifier, CopySource, CreatePolicy, CreatePolicyCommand,
    CreatePolicyType, CreateView, Owner, ReferentialAction, Set, Statement,
};

use super::{
    act::{Act, Policy, PolicyChange, Write, WriteKind},
    alter, ident, name, table, things, write,
};

pub fn read(statement: Statement, only: bool) -> Result<Vec<Act>, String> {
    let act = match statement {
        Statement::Query(_)
        | Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Merge(_) => return write::read(&statement),
        Statement::CreateTable(create) => Act::CreateTable(table::table(&create)?),
        Statement::AlterTable(alter) => alter::read(&alter)?,
        Statement::CreateIndex(create) => Act::CreateIndex(table::index(&create, only)),
        Statement::CreateView(create) => view(&create),
        Statement::CreatePolicy(create) => policy(&create),
        Statement::AlterPolicy(alter) => Act::AlterPolicy {
            table: name(&alter.table_name),
            name: ident(&alter.name),
            change: policy_change(alter.operation),
        },
        Statement::DropPolicy(drop) => Act::DropPolicy {
            table: name(&drop.table_name),
            name: ident(&drop.name),
            if_exists: drop.if_exists,
        },
        Statement::CreateTrigger(create) => Act::CreateTrigger {
            table: name(&create.table_name),
            replace: create.or_replace,
        },
        Statement::DropTrigger(drop) => Act::DropTrigger {
            table: drop
                .table_name
                .as_ref()
                .map(name)
                .ok_or("DROP TRIGGER without its table")?,
            if_exists: drop.if_exists,
            cascade: drop.option == Some(ReferentialAction::Cascade),
        },
        Statement::Truncate(truncate) => Act::Truncate {
            tables: truncate
                .table_names
                .iter()
                .map(|target| name(&target.name))
                .collect(),
            cascade: truncate
                .cascade
                .is_some_and(|word| word.to_string() == "CASCADE"),
        },
        Statement::Lock(lock) => Act::Lock {
            tables: lock
                .tables
                .iter()
                .map(|target| name(&target.name))
                .collect(),
            mode: lock
                .lock_mode
                .map_or_else(|| "ACCESS EXCLUSIVE".to_owned(), |mode| mode.to_string()),
        },
        Statement::Copy {
            source: CopySource::Table { table_name, .. },
            to: false,
            ..
        } => Act::Write(Write {
            table: name(&table_name),
            kind: WriteKind::Copy,
            limited: false,
            reads: Vec::new(),
        }),
        Statement::Set(set) => set_setting(&set),
        Statement::Reset(_) => Act::Set { local: false },
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. } => Act::Transaction,
        other => return things::read(other).map(|act| vec![act]),
    };
    Ok(vec![act])
}

fn view(create: &CreateView) -> Act {
    Act::CreateView {
        name: name(&create.name),
        materialized: create.materialized,
        replace: create.or_replace,
        if_not_exists: create.if_not_exists,
        reads: write::tables_of(create.query.as_ref()),
    }
}

fn policy(create: &CreatePolicy) -> Act {
    Act::CreatePolicy {
        table: name(&create.table_name),
        policy: Box::new(Policy {
            name: ident(&create.name),
            restrictive: matches!(create.policy_type, Some(CreatePolicyType::Restrictive)),
            for_all: matches!(create.command, None | Some(CreatePolicyCommand::All)),
            to: create.to.as_deref().map_or_else(Vec::new, roles),
            using: create.using.clone(),
            with_check: create.with_check.clone(),
        }),
    }
}

fn policy_change(operation: AlterPolicyOperation) -> PolicyChange {
    match operation {
        AlterPolicyOperation::Rename { new_name } => PolicyChange::Rename(ident(&new_name)),
        AlterPolicyOperation::Apply {
            to,
            using,
            with_check,
        } => PolicyChange::Apply {
            to: to.as_deref().map(roles),
            using: Box::new(using),
            with_check: Box::new(with_check),
        },
    }
}

/// Without PUBLIC, which is what nobody named means.
fn roles(owners: &[Owner]) -> Vec<String> {
    let named: Vec<String> = owners
        .iter()
        .map(|owner| match owner {
            Owner::Ident(role) => ident(role),
            other => other.to_string(),
        })
        .collect();
    if named.iter().any(|role| role == "public") {
        return Vec::new();
    }
    named
}

fn set_setting(set: &Set) -> Act {
    let local = matches!(
        set,
        Set::SingleAssignment {
            scope: Some(ContextModifier::Local),
            ..
        }
    );
    Act::Set {
        local: local || set.to_string().to_uppercase().starts_with("SET LOCAL"),
    }
}
