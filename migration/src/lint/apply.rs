//! How each act changes the schema.

use super::{
    alter::{add_constraint, alter, change_policy},
    read::act::{Act, Change, ConstraintRule, Grant, GrantedOn, NewIndex, NewTable, Thing},
    schema::{Known, Place, Schema, Table},
};

/// What ALL stands for, in PostgreSQL 15.
const ALL_PRIVILEGES: [&str; 7] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
];

impl Schema {
    pub fn apply(&mut self, act: &Act, at: Place) {
        match act {
            Act::CreateTable(new) => self.create_table(new, at),
            Act::AlterTable { table, changes } => {
                let mut table = table.clone();
                for change in changes {
                    table = self.alter_table(table, change, at);
                }
            }
            Act::CreateIndex(index) => self.create_index(index, at),
            Act::DropIndex { names, .. } => {
                for table in self.tables.values_mut() {
                    table.indexes.retain(|index| {
                        index
                            .what
                            .name
                            .as_ref()
                            .is_none_or(|name| !names.contains(name))
                    });
                }
            }
            Act::Drop { thing, names, .. } => {
                for name in names {
                    self.things.remove(&(*thing as u8, name.clone()));
                    if *thing == Thing::Table {
                        self.drop_table(name);
                    }
                }
            }
            Act::Rename { thing, from, to } => self.rename(*thing, from, to, at),
            Act::CreateView {
                name, materialized, ..
            } => {
                let thing = if *materialized {
                    Thing::MaterializedView
                } else {
                    Thing::View
                };
                self.things.entry((thing as u8, name.clone())).or_insert(at);
            }
            Act::Make { thing, name, .. } => {
                self.things
                    .entry((*thing as u8, name.clone()))
                    .or_insert(at);
            }
            Act::CreatePolicy { table, policy } => {
                self.table(table, |table| table.policies.push((**policy).clone()));
            }
            Act::AlterPolicy {
                table,
                name,
                change,
            } => self.table(table, |table| {
                for policy in table
                    .policies
                    .iter_mut()
                    .filter(|policy| policy.name == *name)
                {
                    change_policy(policy, change);
                }
            }),
            Act::DropPolicy { table, name, .. } => {
                self.table(table, |table| {
                    table.policies.retain(|policy| policy.name != *name);
                });
            }
            Act::Grant(grant) => self.grant(grant, true),
            Act::Revoke(grant) => self.grant(grant, false),
            _ => {}
        }
    }

    fn table(&mut self, name: &str, change: impl FnOnce(&mut Table)) {
        if let Some(table) = self.tables.get_mut(name) {
            change(table);
        }
    }

    fn create_table(&mut self, new: &NewTable, at: Place) {
        if new.if_not_exists && self.tables.contains_key(&new.name) {
            return;
        }
        let mut table = Table::new(at);
        table.temporary = new.temporary;
        table.partitioned = new.partitioned;
        table.partition_of.clone_from(&new.partition_of);
        let parents = new.inherits.iter().chain(&new.like);
        for parent in parents.filter_map(|name| self.tables.get(name)) {
            let inherited = parent.columns.iter().map(|column| column.what.clone());
            table
                .columns
                .extend(inherited.map(|what| Known { made: at, what }));
        }
        let columns = new.columns.iter().cloned();
        table
            .columns
            .extend(columns.map(|what| Known { made: at, what }));
        for constraint in &new.constraints {
            add_constraint(&mut table, constraint, true, at);
        }
        self.tables.insert(new.name.clone(), table);
    }

    fn drop_table(&mut self, name: &str) {
        self.tables.remove(name);
        for table in self.tables.values_mut() {
            table.constraints.retain(|constraint| {
                !matches!(&constraint.what.rule,
                    ConstraintRule::ForeignKey { table, .. } if table == name)
            });
        }
    }

    fn create_index(&mut self, index: &NewIndex, at: Place) {
        let exists = index
            .name
            .as_ref()
            .is_some_and(|name| self.index(name).is_some());
        if !exists {
            let what = index.clone();
            self.table(&index.table, |table| {
                table.indexes.push(Known { made: at, what });
            });
        }
    }

    fn rename(&mut self, thing: Thing, from: &str, to: &str, at: Place) {
        if thing == Thing::Index {
            let indexes = self
                .tables
                .values_mut()
                .flat_map(|table| &mut table.indexes);
            for index in indexes.filter(|index| index.what.name.as_deref() == Some(from)) {
                index.what.name = Some(to.to_owned());
            }
            return;
        }
        let made = self
            .things
            .remove(&(thing as u8, from.to_owned()))
            .unwrap_or(at);
        self.things.insert((thing as u8, to.to_owned()), made);
    }

    fn grant(&mut self, grant: &Grant, gives: bool) {
        if grant.on_columns || (grant.may_pass_on && !gives) {
            return;
        }
        let names: Vec<String> = match &grant.on {
            GrantedOn::Tables(names) => names.clone(),
            GrantedOn::AllTables => self.tables.keys().cloned().collect(),
            GrantedOn::Role | GrantedOn::Other(_) => return,
        };
        let privileges: Vec<&str> = grant
            .privileges
            .iter()
            .flat_map(|privilege| match privilege.as_str() {
                "ALL" => ALL_PRIVILEGES.to_vec(),
                one => vec![one],
            })
            .collect();
        for name in names {
            self.table(&name, |table| {
                for role in &grant.roles {
                    let held = table.grants.entry(role.clone()).or_default();
                    for privilege in &privileges {
                        if gives {
                            held.insert((*privilege).to_owned());
                        } else {
                            held.remove(*privilege);
                        }
                    }
                }
            });
        }
    }

    /// Returns the table's name, which the change may be about.
    fn alter_table(&mut self, name: String, change: &Change, at: Place) -> String {
        match change {
            Change::RenameTable(to) => {
                self.rename_table(&name, to);
                return to.clone();
            }
            Change::AttachPartition(partition) => {
                self.table(partition, |table| table.partition_of = Some(name.clone()));
            }
            Change::DetachPartition { partition, .. } => {
                self.table(partition, |table| table.partition_of = None);
            }
            Change::RenameColumn { from, to } => self.rename_column(&name, from, to),
            change => self.table(&name, |table| alter(table, change, at)),
        }
        name
    }

    fn rename_table(&mut self, from: &str, to: &str) {
        if let Some(table) = self.tables.remove(from) {
            self.tables.insert(to.to_owned(), table);
        }
        for table in self.tables.values_mut() {
            if table.partition_of.as_deref() == Some(from) {
                table.partition_of = Some(to.to_owned());
            }
            for constraint in &mut table.constraints {
                if let ConstraintRule::ForeignKey { table, .. } = &mut constraint.what.rule
                    && table == from
                {
                    to.clone_into(table);
                }
            }
        }
    }

    fn rename_column(&mut self, altered: &str, from: &str, to: &str) {
        let rename = |name: &mut String| {
            if name == from {
                to.clone_into(name);
            }
        };
        for (name, table) in &mut self.tables {
            for constraint in &mut table.constraints {
                match &mut constraint.what.rule {
                    ConstraintRule::PrimaryKey(columns) | ConstraintRule::Unique(columns)
                        if name == altered =>
                    {
                        columns.iter_mut().for_each(rename);
                    }
                    ConstraintRule::ForeignKey {
                        columns,
                        table,
                        referred,
                    } => {
                        if name == altered {
                            columns.iter_mut().for_each(rename);
                        }
                        if table == altered {
                            referred.iter_mut().for_each(rename);
                        }
                    }
                    _ => {}
                }
            }
            if name == altered {
                table
                    .columns
                    .iter_mut()
                    .for_each(|column| rename(&mut column.what.name));
                let indexed = table
                    .indexes
                    .iter_mut()
                    .flat_map(|index| &mut index.what.columns);
                indexed.flatten().for_each(rename);
            }
        }
    }
}
