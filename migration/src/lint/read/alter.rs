//! ALTER TABLE, part by part.

use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation as Operation, DropBehavior,
    RenameTableNameKind,
};

use super::{
    act::{Act, Change},
    ident, name, table,
};

pub fn read(alter: &AlterTable) -> Result<Act, String> {
    let altered = name(&alter.name);
    let mut changes = Vec::new();
    for operation in &alter.operations {
        changes.extend(change(&altered, operation)?);
    }
    Ok(Act::AlterTable {
        table: altered,
        changes,
    })
}

fn change(altered: &str, operation: &Operation) -> Result<Vec<Change>, String> {
    let one = match operation {
        Operation::AddColumn {
            if_not_exists,
            column_def,
            ..
        } => {
            let (column, constraints) = table::column(altered, column_def)?;
            Change::AddColumn {
                column,
                constraints,
                if_not_exists: *if_not_exists,
            }
        }
        Operation::DropColumn {
            column_names,
            if_exists,
            drop_behavior,
            ..
        } => {
            let dropped = column_names.iter().map(|column| Change::DropColumn {
                column: ident(column),
                if_exists: *if_exists,
                cascade: cascades(drop_behavior.as_ref()),
            });
            return Ok(dropped.collect());
        }
        Operation::AddConstraint {
            constraint,
            not_valid,
        } => Change::AddConstraint {
            constraint: table::constraint(altered, constraint)?,
            not_valid: *not_valid,
        },
        Operation::ValidateConstraint { name } => Change::ValidateConstraint(ident(name)),
        Operation::DropConstraint {
            if_exists,
            name,
            drop_behavior,
        } => Change::DropConstraint {
            name: ident(name),
            if_exists: *if_exists,
            cascade: cascades(drop_behavior.as_ref()),
        },
        Operation::AlterColumn { column_name, op } => column_change(ident(column_name), op),
        Operation::RenameColumn {
            old_column_name,
            new_column_name,
        } => Change::RenameColumn {
            from: ident(old_column_name),
            to: ident(new_column_name),
        },
        Operation::RenameTable {
            table_name: RenameTableNameKind::To(new) | RenameTableNameKind::As(new),
        } => Change::RenameTable(name(new)),
        Operation::RenameConstraint { old_name, new_name } => Change::RenameConstraint {
            from: ident(old_name),
            to: ident(new_name),
        },
        Operation::EnableRowLevelSecurity => Change::RowSecurity(true),
        Operation::DisableRowLevelSecurity => Change::RowSecurity(false),
        Operation::ForceRowLevelSecurity => Change::ForceRowSecurity(true),
        Operation::NoForceRowLevelSecurity => Change::ForceRowSecurity(false),
        Operation::EnableTrigger { .. }
        | Operation::DisableTrigger { .. }
        | Operation::EnableAlwaysTrigger { .. }
        | Operation::EnableReplicaTrigger { .. } => Change::SwitchTrigger,
        Operation::SetLogged => Change::Rewrite("SET LOGGED"),
        Operation::SetUnlogged => Change::Rewrite("SET UNLOGGED"),
        Operation::SetOptionsParens { .. } => Change::Tune,
        Operation::OwnerTo { new_owner } => Change::OwnerTo(new_owner.to_string().to_lowercase()),
        Operation::ReplicaIdentity { .. } => Change::Other,
        other => return Err(format!("`ALTER TABLE … {other}`")),
    };
    Ok(vec![one])
}

fn column_change(column: String, operation: &AlterColumnOperation) -> Change {
    match operation {
        AlterColumnOperation::SetNotNull => Change::SetNotNull(column),
        AlterColumnOperation::DropNotNull => Change::DropNotNull(column),
        AlterColumnOperation::SetDefault { .. } => Change::SetDefault,
        AlterColumnOperation::DropDefault => Change::DropDefault(column),
        AlterColumnOperation::SetDataType { data_type, .. } => Change::SetType {
            column,
            kind: data_type.to_string().to_lowercase(),
        },
        AlterColumnOperation::AddGenerated { .. } => Change::AddIdentity(column),
    }
}

fn cascades(behavior: Option<&DropBehavior>) -> bool {
    behavior == Some(&DropBehavior::Cascade)
}
