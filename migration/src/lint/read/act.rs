//! What a statement does to the schema, in the words of this crate.

use sqlparser::ast::Expr;

pub use super::change::{Change, Policy, PolicyChange};

/// One SQL statement, reduced to what the rules and the locks ask about.
#[derive(Clone, Debug)]
pub enum Act {
    CreateTable(NewTable),
    AlterTable {
        table: String,
        changes: Vec<Change>,
    },
    CreateIndex(NewIndex),
    DropIndex {
        names: Vec<String>,
        concurrently: bool,
        if_exists: bool,
        cascade: bool,
    },
    Drop {
        thing: Thing,
        names: Vec<String>,
        if_exists: bool,
        cascade: bool,
    },
    Rename {
        thing: Thing,
        from: String,
        to: String,
    },
    CreateView {
        name: String,
        materialized: bool,
        replace: bool,
        if_not_exists: bool,
        reads: Vec<String>,
    },
    RefreshView {
        name: String,
        concurrently: bool,
    },
    CreatePolicy {
        table: String,
        policy: Box<Policy>,
    },
    AlterPolicy {
        table: String,
        name: String,
        change: PolicyChange,
    },
    DropPolicy {
        table: String,
        name: String,
        if_exists: bool,
    },
    Grant(Grant),
    Revoke(Grant),
    CreateTrigger {
        table: String,
        replace: bool,
    },
    DropTrigger {
        table: String,
        if_exists: bool,
        cascade: bool,
    },
    Write(Write),
    Query {
        reads: Vec<String>,
        /// FOR UPDATE, FOR SHARE and their like.
        locks_rows: bool,
    },
    Truncate {
        tables: Vec<String>,
        cascade: bool,
    },
    Lock {
        tables: Vec<String>,
        /// As it is written: `SHARE ROW EXCLUSIVE`.
        mode: String,
    },
    Vacuum {
        tables: Vec<String>,
        full: bool,
    },
    Analyze {
        tables: Vec<String>,
    },
    Cluster {
        table: String,
    },
    Reindex {
        name: String,
        /// Whether `name` is an index and not a table.
        index: bool,
        concurrently: bool,
    },
    Comment {
        table: Option<String>,
        /// On a constraint, policy, trigger or rule of the table.
        part: bool,
    },
    Set {
        local: bool,
    },
    /// BEGIN, COMMIT, ROLLBACK, savepoints.
    Transaction,
    /// CREATE FUNCTION, TYPE, SEQUENCE and such.
    Make {
        thing: Thing,
        name: String,
        repeatable: bool,
    },
    /// CREATE ROLE and ALTER ROLE.
    Role {
        name: String,
        /// BYPASSRLS or SUPERUSER.
        passes_row_security: bool,
        repeatable: bool,
    },
    /// What touches no table.
    Other {
        /// Whether it may run twice.
        repeatable: bool,
    },
}

/// What DROP and RENAME name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Table,
    View,
    MaterializedView,
    Function,
    Type,
    Sequence,
    Schema,
    Index,
    Other,
}

impl Thing {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "the table",
            Self::View => "the view",
            Self::MaterializedView => "the materialized view",
            Self::Function => "the function",
            Self::Type => "the type",
            Self::Sequence => "the sequence",
            Self::Schema => "the schema",
            Self::Index => "the index",
            Self::Other => "the object",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct NewTable {
    pub name: String,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
    pub if_not_exists: bool,
    pub temporary: bool,
    /// CREATE TABLE … AS and SELECT … INTO.
    pub from_query: bool,
    pub reads: Vec<String>,
    pub like: Option<String>,
    pub inherits: Vec<String>,
    pub partition_of: Option<String>,
    pub partitioned: bool,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// In lower case, with what is in parentheses.
    pub kind: String,
    pub not_null: bool,
    pub default: Option<Box<Expr>>,
    pub generated: Generated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generated {
    No,
    Identity,
    Stored,
}

#[derive(Clone, Debug)]
pub struct Constraint {
    /// As it is written, or else as PostgreSQL names it.
    pub name: String,
    pub rule: ConstraintRule,
}

#[derive(Clone, Debug)]
pub enum ConstraintRule {
    PrimaryKey(Vec<String>),
    Unique(Vec<String>),
    /// A primary key or UNIQUE that takes over an index.
    UsingIndex {
        index: String,
        primary: bool,
    },
    ForeignKey {
        columns: Vec<String>,
        table: String,
        /// Empty: the primary key of that table.
        referred: Vec<String>,
    },
    Check(Box<Expr>),
    Exclude,
}

#[derive(Clone, Debug)]
pub struct NewIndex {
    pub name: Option<String>,
    pub table: String,
    /// Columns by name; an expression has none.
    pub columns: Vec<Option<String>>,
    pub unique: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
    /// ON ONLY: the partitions are left alone.
    pub only: bool,
    /// B-tree or hash, which can find equal keys.
    pub finds_equal: bool,
    pub predicate: Option<Box<Expr>>,
}

#[derive(Clone, Debug)]
pub struct Grant {
    /// In upper case; `ALL` for all of them.
    pub privileges: Vec<String>,
    /// Whether they are for some columns only.
    pub on_columns: bool,
    pub on: GrantedOn,
    pub roles: Vec<String>,
    /// WITH GRANT OPTION, or that alone.
    pub may_pass_on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedOn {
    Tables(Vec<String>),
    AllTables,
    /// Membership of a role.
    Role,
    /// Schemas, functions, sequences, databases, by their words.
    Other(String),
}

#[derive(Clone, Debug)]
pub struct Write {
    pub table: String,
    pub kind: WriteKind,
    /// UPDATE and DELETE with WHERE; INSERT with ON CONFLICT.
    pub limited: bool,
    pub reads: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    Insert,
    Update,
    Delete,
    Merge,
    Copy,
}
