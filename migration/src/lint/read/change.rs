//! Parts of ALTER TABLE and of policies.

use sqlparser::ast::Expr;

use super::act::{Column, Constraint};

/// One part of ALTER TABLE.
#[derive(Clone, Debug)]
pub enum Change {
    AddColumn {
        column: Column,
        constraints: Vec<Constraint>,
        if_not_exists: bool,
    },
    DropColumn {
        column: String,
        if_exists: bool,
        cascade: bool,
    },
    AddConstraint {
        constraint: Constraint,
        not_valid: bool,
    },
    ValidateConstraint(String),
    DropConstraint {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    SetNotNull(String),
    DropNotNull(String),
    SetDefault,
    DropDefault(String),
    SetType {
        column: String,
        kind: String,
    },
    AddIdentity(String),
    RenameColumn {
        from: String,
        to: String,
    },
    RenameTable(String),
    RenameConstraint {
        from: String,
        to: String,
    },
    RowSecurity(bool),
    ForceRowSecurity(bool),
    AttachPartition(String),
    DetachPartition {
        partition: String,
        concurrently: bool,
    },
    SwitchTrigger,
    /// What writes every row anew, by its words.
    Rewrite(&'static str),
    /// Storage parameters and statistics, which writers do not notice.
    Tune,
    OwnerTo(String),
    /// Schema, storage and such: a moment under the strongest lock.
    Other,
}

#[derive(Clone, Debug)]
pub struct Policy {
    pub name: String,
    pub restrictive: bool,
    /// FOR ALL, which is what is meant when nothing is said.
    pub for_all: bool,
    /// Empty: PUBLIC.
    pub to: Vec<String>,
    pub using: Option<Expr>,
    pub with_check: Option<Expr>,
}

#[derive(Clone, Debug)]
pub enum PolicyChange {
    Rename(String),
    Apply {
        to: Option<Vec<String>>,
        using: Box<Option<Expr>>,
        with_check: Box<Option<Expr>>,
    },
}
