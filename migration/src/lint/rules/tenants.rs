//! Tables whose rows belong to one user each, and the shared ones beside them.

use super::{Broken, Rule};
use crate::lint::{
    read::{
        act::{ConstraintRule, Policy},
        words_of,
    },
    schema::{Place, Schema, Table},
};

const OWN_ROWS: &str = "user_id = nullif(current_setting('app.user_id', true), '')::uuid";
/// The words of [`OWN_ROWS`].
const OWN_ROWS_WORDS: [&str; 15] = [
    "user_id",
    "=",
    "nullif",
    "(",
    "current_setting",
    "(",
    "'app.user_id'",
    ",",
    "true",
    ")",
    ",",
    "''",
    ")",
    "::",
    "uuid",
];
const ADMIN: &str = "tallystick_admin";

pub fn judge(name: &str, table: &Table, found: &mut Vec<Broken>) {
    if table.is_tenant() {
        key(name, table, found);
        row_security(name, table, found);
    }
}

fn key(name: &str, table: &Table, found: &mut Vec<Broken>) {
    let column = table.column("user_id").map(|column| &column.what);
    let typed = column.is_some_and(|column| column.kind == "uuid" && column.not_null);
    if !typed {
        found.push(Broken::new(
            Rule::TenantKey,
            format!("{name}.user_id is not uuid NOT NULL"),
            "user_id uuid NOT NULL",
        ));
    }
    let first = table.primary_key().and_then(<[String]>::first);
    if first.is_some_and(|first| first != "user_id") {
        found.push(Broken::new(
            Rule::TenantKey,
            format!("user_id is not the first column of the primary key of {name}"),
            "PRIMARY KEY (user_id, …)",
        ));
    }
}

pub fn references(name: &str, table: &Table, schema: &Schema, found: &mut Vec<(Place, Broken)>) {
    for constraint in &table.constraints {
        let ConstraintRule::ForeignKey {
            columns,
            table: other_name,
            referred,
        } = &constraint.what.rule
        else {
            continue;
        };
        let Some(other) = schema
            .tables
            .get(other_name)
            .filter(|other| other.is_tenant())
        else {
            continue;
        };
        let referred = if referred.is_empty() {
            other.primary_key().unwrap_or_default()
        } else {
            referred
        };
        let key = &constraint.what.name;
        let carries_user = columns
            .iter()
            .zip(referred)
            .any(|pair| pair.0 == "user_id" && pair.1 == "user_id");
        let (what, instead) = if !table.is_tenant() {
            (
                format!(
                    "the shared table {name} refers to the tenants' table {other_name} by {key}"
                ),
                "keep the reference on the tenant's side, or give the table a user_id".to_owned(),
            )
        } else if !carries_user {
            (
                format!("{key} of {name} refers to {other_name} without user_id on both sides"),
                format!("FOREIGN KEY (user_id, …) REFERENCES {other_name} (user_id, …)"),
            )
        } else {
            continue;
        };
        found.push((constraint.made, Broken::new(Rule::TenantKey, what, instead)));
    }
}

fn row_security(name: &str, table: &Table, found: &mut Vec<Broken>) {
    let mut refuse = |what: String, instead: String| {
        found.push(Broken::new(Rule::TenantPolicy, what, instead));
    };
    if !table.row_security {
        refuse(
            format!("row security is not enabled on {name}"),
            format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"),
        );
    }
    if !table.forced {
        refuse(
            format!("the owner of {name} passes over its row security"),
            format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY"),
        );
    }
    if !table.policies.iter().any(binds_all) {
        refuse(
            format!("{name} has no policy that binds everybody to their own rows"),
            format!("CREATE POLICY tenant ON {name} USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS})"),
        );
    }
    let others = table
        .policies
        .iter()
        .filter(|policy| !binds_all(policy) && policy.to != [ADMIN]);
    for policy in others {
        refuse(
            format!(
                "the policy {} of {name} is neither the tenants' own nor {ADMIN}'s",
                policy.name
            ),
            format!("remove it, or let it apply TO {ADMIN} alone"),
        );
    }
}

/// The one form, for everybody, in both directions.
fn binds_all(policy: &Policy) -> bool {
    let own = |expr: &Option<_>| {
        expr.as_ref()
            .is_some_and(|expr| words_of(expr) == OWN_ROWS_WORDS)
    };
    policy.to.is_empty()
        && policy.for_all
        && !policy.restrictive
        && own(&policy.using)
        && own(&policy.with_check)
}
