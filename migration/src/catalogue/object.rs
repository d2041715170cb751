use std::fmt;

/// What an object is. The order is the one in which objects can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Enum,
    Sequence,
    Function,
    Table,
    Column,
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
    Exclusion,
    Index,
    RowSecurity,
    Policy,
    Trigger,
    View,
    Grant,
    Partition,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enum => "enum type",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Table => "table",
            Self::Column => "column",
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique key",
            Self::Check => "check",
            Self::ForeignKey => "foreign key",
            Self::Exclusion => "exclusion constraint",
            Self::Index => "index",
            Self::RowSecurity => "row security",
            Self::Policy => "policy",
            Self::Trigger => "trigger",
            Self::View => "view",
            Self::Grant => "grant",
            Self::Partition => "partition",
        }
    }

    /// Constraints are written in their table's definition; SQLite cannot change them there.
    pub const fn is_constraint(self) -> bool {
        matches!(
            self,
            Self::PrimaryKey | Self::Unique | Self::Check | Self::ForeignKey | Self::Exclusion
        )
    }
}

/// What an object is, the table or function that it belongs to, and its name there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub kind: Kind,
    /// For what stands by itself (a table, a function, a view) its own name.
    pub table: String,
    pub name: String,
}

impl Key {
    pub fn new(kind: Kind, table: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind,
            table: table.into(),
            name: name.into(),
        }
    }

    /// Of something that stands by itself.
    pub fn alone(kind: Kind, name: &str) -> Self {
        Self::new(kind, name, name)
    }

    pub fn stands_alone(&self) -> bool {
        matches!(
            self.kind,
            Kind::Enum | Kind::Sequence | Kind::Function | Kind::Table | Kind::View
        )
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_str();
        match self.kind {
            _ if self.stands_alone() => write!(f, "{kind} {}", self.name),
            Kind::RowSecurity | Kind::PrimaryKey if self.name.is_empty() => {
                write!(f, "{kind} of {}", self.table)
            }
            Kind::Column | Kind::Partition => write!(f, "{kind} {} of {}", self.name, self.table),
            _ => write!(f, "{kind} {} on {}", self.name, self.table),
        }
    }
}

/// One object. Two are the same when their definitions are.
#[derive(Clone, Debug)]
pub struct Object {
    pub key: Key,
    /// The columns of its table that it stands on.
    pub columns: Vec<String>,
    pub parts: Parts,
    /// All that makes it what it is, but for its name, its place and the schema's name.
    pub definition: String,
    /// SQL that makes it, on one line; of a table with its columns, and on SQLite its constraints.
    pub create: String,
    pub drop: String,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.definition == other.definition && self.parts.children() == other.parts.children()
    }
}

/// What a program asks of an object beyond its definition.
#[derive(Clone, Debug, PartialEq)]
pub enum Parts {
    Whole,
    Column {
        data_type: String,
        /// Where it is not the type's own.
        collation: Option<String>,
        nullable: bool,
        default: Option<String>,
        /// How the database fills it: `GENERATED ALWAYS AS IDENTITY` or an expression.
        automatic: Option<String>,
    },
    ForeignKey {
        references: String,
        referenced_columns: Vec<String>,
        on_delete: String,
        on_update: String,
    },
    Index {
        unique: bool,
        /// Columns or expressions, each with ` DESC` behind it if it descends.
        keys: Vec<String>,
        predicate: Option<String>,
    },
    /// A function's grants, an index's columns and the like are in the definition; a partition's
    /// state is not compared with another but with a rule.
    Partition(Box<Child>),
}

impl Parts {
    fn children(&self) -> Option<&Child> {
        match self {
            Self::Partition(child) => Some(child),
            _ => None,
        }
    }
}

/// One end of a partition's range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// `MINVALUE`.
    Open,
    /// Midnight of this date, as `2024-01-01`.
    Date(String),
    /// Anything else, a `DEFAULT` partition too.
    Other(String),
}

/// The state of one partition of a partitioned table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    pub from: Bound,
    pub to: Bound,
    pub row_security: bool,
    pub forced: bool,
    /// Each as what is granted and the SQL that takes it back.
    pub grants: Vec<(String, String)>,
    /// What the parent has and this does not, each with the SQL that repairs it.
    pub lacks: Vec<(String, String)>,
}
