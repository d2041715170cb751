//! CREATE TABLE, CREATE INDEX, columns and constraints.

use sqlparser::ast::{
    ColumnDef, ColumnOption, CreateIndex, CreateTable, CreateTableLikeKind, Expr, IndexColumn,
    IndexType, TableConstraint,
};

use super::{
    act::{Column, Constraint, ConstraintRule, Generated, NewIndex, NewTable},
    ident, idents, name, names, write,
};

pub fn table(create: &CreateTable) -> Result<NewTable, String> {
    let table = name(&create.name);
    let mut columns = Vec::new();
    let mut constraints = Vec::new();
    for definition in &create.columns {
        let (column, own) = column(&table, definition)?;
        columns.push(column);
        constraints.extend(own);
    }
    for written in &create.constraints {
        constraints.push(constraint(&table, written)?);
    }
    let like = create.like.as_ref().map(|like| match like {
        CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like) => {
            name(&like.name)
        }
    });
    Ok(NewTable {
        columns,
        constraints,
        if_not_exists: create.if_not_exists,
        temporary: create.temporary,
        from_query: create.query.is_some(),
        reads: create
            .query
            .as_ref()
            .map_or_else(Vec::new, |query| write::tables_of(query.as_ref())),
        like,
        inherits: names(create.inherits.as_deref().unwrap_or_default()),
        partition_of: create.partition_of.as_ref().map(name),
        partitioned: create.partition_by.is_some(),
        name: table,
    })
}

/// A column and the constraints that are written on it.
pub fn column(table: &str, definition: &ColumnDef) -> Result<(Column, Vec<Constraint>), String> {
    let mut column = Column {
        name: ident(&definition.name),
        kind: definition.data_type.to_string().to_lowercase(),
        not_null: false,
        default: None,
        generated: Generated::No,
    };
    let mut constraints = Vec::new();
    for written in &definition.options {
        let own = || vec![column.name.clone()];
        let rule = match &written.option {
            ColumnOption::NotNull => {
                column.not_null = true;
                continue;
            }
            ColumnOption::Default(value) => {
                column.default = Some(Box::new(value.clone()));
                continue;
            }
            ColumnOption::Generated {
                generation_expr, ..
            } => {
                column.generated = if generation_expr.is_some() {
                    Generated::Stored
                } else {
                    column.not_null = true;
                    Generated::Identity
                };
                continue;
            }
            ColumnOption::Null | ColumnOption::Collation(_) => continue,
            ColumnOption::PrimaryKey(_) => {
                column.not_null = true;
                ConstraintRule::PrimaryKey(own())
            }
            ColumnOption::Unique(_) => ConstraintRule::Unique(own()),
            ColumnOption::ForeignKey(key) => ConstraintRule::ForeignKey {
                columns: own(),
                table: name(&key.foreign_table),
                referred: idents(&key.referred_columns),
            },
            ColumnOption::Check(check) => ConstraintRule::Check(check.expr.clone()),
            other => return Err(format!("`{other}` on the column {}", column.name)),
        };
        let named = written.name.as_ref().map(ident);
        constraints.push(named_constraint(table, named, Some(&column.name), rule));
    }
    Ok((column, constraints))
}

pub fn constraint(table: &str, written: &TableConstraint) -> Result<Constraint, String> {
    let (named, rule) = match written {
        TableConstraint::PrimaryKey(key) => (
            &key.name,
            ConstraintRule::PrimaryKey(plain_columns(&key.columns)?),
        ),
        TableConstraint::Unique(key) => (
            &key.name,
            ConstraintRule::Unique(plain_columns(&key.columns)?),
        ),
        TableConstraint::PrimaryKeyUsingIndex(key) => (
            &key.name,
            ConstraintRule::UsingIndex {
                index: ident(&key.index_name),
                primary: true,
            },
        ),
        TableConstraint::UniqueUsingIndex(key) => (
            &key.name,
            ConstraintRule::UsingIndex {
                index: ident(&key.index_name),
                primary: false,
            },
        ),
        TableConstraint::ForeignKey(key) => (
            &key.name,
            ConstraintRule::ForeignKey {
                columns: idents(&key.columns),
                table: name(&key.foreign_table),
                referred: idents(&key.referred_columns),
            },
        ),
        TableConstraint::Check(check) => (&check.name, ConstraintRule::Check(check.expr.clone())),
        TableConstraint::Exclude(exclude) => (&exclude.name, ConstraintRule::Exclude),
        other => return Err(format!("PostgreSQL has no constraint `{other}`")),
    };
    Ok(named_constraint(
        table,
        named.as_ref().map(ident),
        None,
        rule,
    ))
}

/// PostgreSQL's own names, so that VALIDATE and DROP find what they name.
fn named_constraint(
    table: &str,
    named: Option<String>,
    column: Option<&str>,
    rule: ConstraintRule,
) -> Constraint {
    let name = named.unwrap_or_else(|| match &rule {
        ConstraintRule::PrimaryKey(_) => format!("{table}_pkey"),
        ConstraintRule::Unique(columns) => format!("{table}_{}_key", columns.join("_")),
        ConstraintRule::UsingIndex { index, .. } => index.clone(),
        ConstraintRule::ForeignKey { columns, .. } => {
            format!("{table}_{}_fkey", columns.join("_"))
        }
        ConstraintRule::Check(_) => column.map_or_else(
            || format!("{table}_check"),
            |column| format!("{table}_{column}_check"),
        ),
        ConstraintRule::Exclude => format!("{table}_excl"),
    });
    Constraint { name, rule }
}

pub fn index(create: &CreateIndex, only: bool) -> NewIndex {
    NewIndex {
        name: create.name.as_ref().map(name),
        table: name(&create.table_name),
        columns: create.columns.iter().map(column_name).collect(),
        unique: create.unique,
        concurrently: create.concurrently,
        if_not_exists: create.if_not_exists,
        only,
        finds_equal: matches!(
            create.using,
            None | Some(IndexType::BTree | IndexType::Hash)
        ),
        predicate: create.predicate.clone().map(Box::new),
    }
}

fn plain_columns(columns: &[IndexColumn]) -> Result<Vec<String>, String> {
    let named = columns.iter().map(column_name).collect::<Option<Vec<_>>>();
    named.ok_or_else(|| "a key over an expression".to_owned())
}

fn column_name(column: &IndexColumn) -> Option<String> {
    match &column.column.expr {
        Expr::Identifier(named) => Some(ident(named)),
        _ => None,
    }
}
