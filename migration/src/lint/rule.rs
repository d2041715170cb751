//! The rules by name.

use std::fmt;

macro_rules! rules {
    ($($rule:ident $name:literal $why:literal)*) => {
        /// What the linter refuses. `docs/lint.md` tells the safe way for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $why] $rule,)*
        }

        impl Rule {
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];

            /// As it stands in findings and waivers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name),* }
            }

            /// Why it is refused, in one sentence.
            pub const fn why(self) -> &'static str {
                match self { $(Self::$rule => $why),* }
            }
        }
    };
}

rules! {
    IndexBlocksWrites "index-blocks-writes"
        "Building an index locks its table against writes for as long as it takes; dropping one, against reads too."
    ConcurrentlyInTransaction "concurrently-in-transaction"
        "PostgreSQL refuses CONCURRENTLY inside a transaction."
    NotRepeatable "not-repeatable"
        "Without a transaction a migration can stop half-way and is run again from its start."
    InvalidIndex "invalid-index"
        "A concurrent build that fails leaves an invalid index, which IF NOT EXISTS takes for a finished one."
    ConstraintBlocksWrites "constraint-blocks-writes"
        "A new constraint is checked against every row while the table is locked."
    NotNullScans "not-null-scans"
        "NOT NULL reads every row while the table is locked, unless a validated check has proved it."
    BreaksOlderPrograms "breaks-older-programs"
        "The older program runs while the migration does, and after it until it is replaced."
    VolatileDefault "volatile-default"
        "A default that differs from row to row writes every row anew while the table is locked."
    RewritesTable "rewrites-table"
        "The whole table is written anew while it is locked against reads and writes."
    TypeInt4 "type-int4"
        "A 32-bit number runs out, and the change to a wider one rewrites the table; ids are made by the program."
    TypeVarchar "type-varchar"
        "A length in the type can be changed by a change of type only; char pads with spaces."
    TypeTimestamp "type-timestamp"
        "Without its zone an instant means another moment on another server."
    TypeMoney "type-money"
        "The type money rounds and prints by the server's locale."
    TypeFloat "type-float"
        "A float cannot hold most decimal fractions, so that sums of money drift."
    NoPrimaryKey "no-primary-key"
        "Rows without a key can be neither named nor replicated."
    TenantKey "tenant-key"
        "A row belongs to one user: keys that begin with `user_id` keep finders and references within that user."
    TenantPolicy "tenant-policy"
        "Row security is the second lock on a user's rows, and holds only if it is the same on every table."
    Grants "grants"
        "The service and the readers get what they need by name; TRUNCATE, TRIGGER and REFERENCES pass over row security."
    ForeignKeyWithoutIndex "foreign-key-without-index"
        "Each change of the referenced row would search the whole referencing table."
    ExplicitLock "explicit-lock"
        "A lock by hand is held to the end of the migration."
    UnboundedWrite "unbounded-write"
        "A write of all rows in one statement holds their locks, bloats the table and delays the replicas."
    Truncates "truncates"
        "TRUNCATE deletes what programs have written, under the strongest lock and past row security."
    Cascade "cascade"
        "CASCADE drops what the migration does not name."
    CreateAs "create-as"
        "A table made from a query has no key, no constraint and whatever types the query had."
    HidesDrift "hides-drift"
        "IF NOT EXISTS takes what is there for what was meant; a transaction needs no such mercy."
    TransactionControl "transaction-control"
        "The engine begins and ends the transaction; a COMMIT in between would keep half a migration."
    SessionSetting "session-setting"
        "A setting without LOCAL outlives the transaction and changes what comes after on this connection."
    Unreadable "unreadable"
        "What the linter cannot read it cannot judge."
    Waiver "waiver"
        "A waiver without a reason, or for nothing, hides the next mistake."
}

impl Rule {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
