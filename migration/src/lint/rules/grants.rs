//! Who may do what with a table.

use super::{Broken, Context, Rule};
use crate::lint::{
    read::act::{Act, Change, Grant, GrantedOn},
    schema::Table,
};

const APP: &str = "tallystick_app";
const READER: &str = "tallystick_readonly";
const SAFE: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Grants that nobody should have, at the statement that gives them.
pub fn judge(act: &Act, _context: &Context<'_>, found: &mut Vec<Broken>) {
    let grant = match act {
        Act::Grant(grant) => grant,
        Act::Role {
            name,
            passes_row_security: true,
            ..
        } => {
            let what = format!("the role {name} passes over row security");
            refuse(what, "leave out SUPERUSER and BYPASSRLS", found);
            return;
        }
        Act::AlterTable { table, changes } => {
            for change in changes {
                owner(table, change, found);
            }
            return;
        }
        _ => return,
    };
    let on = match &grant.on {
        GrantedOn::Tables(tables) => tables.join(", "),
        GrantedOn::AllTables => "all tables".to_owned(),
        GrantedOn::Role => {
            membership(grant, found);
            return;
        }
        GrantedOn::Other(_) => return,
    };
    for privilege in grant
        .privileges
        .iter()
        .filter(|name| !SAFE.contains(&name.as_str()))
    {
        refuse(
            format!("{privilege} on {on} is given to {}", grant.roles.join(", ")),
            "name SELECT, INSERT, UPDATE and DELETE as far as they are needed",
            found,
        );
    }
    for role in &grant.roles {
        if role == "public" {
            refuse(
                format!("PUBLIC may use {on}"),
                "name the roles that need it",
                found,
            );
        }
        if role == READER && grant.privileges.iter().any(|name| name != "SELECT") {
            refuse(
                format!("{READER} may write {on}"),
                "give it SELECT alone",
                found,
            );
        }
    }
    if grant.may_pass_on {
        refuse(
            format!("rights on {on} may be passed on"),
            "leave out WITH GRANT OPTION: the owner gives rights",
            found,
        );
    }
}

/// Rights that are missing after all migrations.
pub fn missing(name: &str, table: &Table, found: &mut Vec<Broken>) {
    let holds = |role: &str, right: &str| {
        table
            .grants
            .get(role)
            .is_some_and(|rights| rights.contains(right))
    };
    if table.partition_of.is_some() {
        let mut holders = table.grants.iter().filter(|(_, rights)| !rights.is_empty());
        if let Some((role, _)) = holders.next() {
            refuse(
                format!("{role} may use the partition {name} past its table's row security"),
                "grant on the partitioned table only",
                found,
            );
        }
        return;
    }
    for role in [APP, READER] {
        if !holds(role, "SELECT") {
            refuse(
                format!("{role} may not read {name}"),
                "GRANT SELECT (for tallystick_app also what it writes) in the migration that makes \
                 the table",
                found,
            );
        }
    }
}

fn owner(table: &str, change: &Change, found: &mut Vec<Broken>) {
    if let Change::OwnerTo(role) = change
        && [APP, READER].contains(&role.as_str())
    {
        refuse(
            format!("{role} owns {table} and may switch its row security off"),
            "let the role that migrates own it",
            found,
        );
    }
}

fn membership(grant: &Grant, found: &mut Vec<Broken>) {
    let ours = |role: &&String| [APP, READER, "public"].contains(&role.as_str());
    for role in grant.roles.iter().filter(ours) {
        refuse(
            format!(
                "{role} takes over all rights of {}",
                grant.privileges.join(", ").to_lowercase()
            ),
            "grant it what it needs by name",
            found,
        );
    }
}

fn refuse(what: String, instead: &str, found: &mut Vec<Broken>) {
    found.push(Broken::new(Rule::Grants, what, instead));
}
