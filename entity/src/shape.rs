//! What the entities say of their tables, for whoever compares them with a database.

use sea_orm::{
    ColumnTrait, EntityTrait, Iden, Iterable, PrimaryKeyToColumn, sea_query::ColumnType,
};

use crate::{
    books, deployment, execution, idempotency_key, identity, performance, pricing,
    received_webhook, workflow,
};

/// What a column holds, whatever an engine keeps it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Uuid,
    Text,
    BigInt,
    Numeric,
    Bool,
    Date,
    Instant,
    Json,
    Bytes,
    /// A type that no table of ours has.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnShape {
    pub name: String,
    pub kind: ValueKind,
    pub nullable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableShape {
    pub name: String,
    pub columns: Vec<ColumnShape>,
    /// In the order of the entity's fields, which need not be the key's.
    pub primary_key: Vec<String>,
}

/// Every entity's table.
pub fn tables() -> Vec<TableShape> {
    vec![
        shape::<books::cash_flow::Entity>(),
        shape::<books::import::Entity>(),
        shape::<books::lot::Entity>(),
        shape::<books::lot_closure::Entity>(),
        shape::<books::portfolio::Entity>(),
        shape::<books::security::Entity>(),
        shape::<books::transaction::Entity>(),
        shape::<deployment::Entity>(),
        shape::<execution::Entity>(),
        shape::<performance::reconciliation::Entity>(),
        shape::<idempotency_key::Entity>(),
        shape::<identity::api_token::Entity>(),
        shape::<identity::approval_approver::Entity>(),
        shape::<identity::audit_entry::Entity>(),
        shape::<identity::audit_head::Entity>(),
        shape::<identity::credential::Entity>(),
        shape::<identity::login_throttle::Entity>(),
        shape::<identity::portfolio_share::Entity>(),
        shape::<identity::refresh_token::Entity>(),
        shape::<identity::user::Entity>(),
        shape::<pricing::fx_rate::Entity>(),
        shape::<pricing::pack::Entity>(),
        shape::<pricing::pack_build_step::Entity>(),
        shape::<pricing::price::Entity>(),
        shape::<received_webhook::Entity>(),
        shape::<workflow::approval::Entity>(),
        shape::<workflow::approval_vote::Entity>(),
        shape::<workflow::artifact::Entity>(),
        shape::<workflow::artifact_revision::Entity>(),
        shape::<workflow::job::Entity>(),
        shape::<workflow::job_event::Entity>(),
        shape::<workflow::job_queue::Entity>(),
        shape::<workflow::job_schedule::Entity>(),
        shape::<workflow::message::Entity>(),
        shape::<workflow::message_word::Entity>(),
        shape::<workflow::paused_job_mode::Entity>(),
        shape::<workflow::stream_event::Entity>(),
        shape::<workflow::thread::Entity>(),
        shape::<workflow::webhook_endpoint::Entity>(),
        shape::<workflow::token_budget::Entity>(),
        shape::<workflow::token_reservation::Entity>(),
        shape::<workflow::token_usage::Entity>(),
    ]
}

fn shape<E: EntityTrait>() -> TableShape {
    let columns = E::Column::iter().map(|column| {
        let definition = column.def();
        ColumnShape {
            name: column.unquoted().to_owned(),
            kind: kind(definition.get_column_type()),
            nullable: definition.is_null(),
        }
    });
    let primary_key = E::PrimaryKey::iter().map(|key| key.into_column().unquoted().to_owned());
    TableShape {
        name: E::default().table_name().to_owned(),
        columns: columns.collect(),
        primary_key: primary_key.collect(),
    }
}

fn kind(column_type: &ColumnType) -> ValueKind {
    match column_type {
        ColumnType::Uuid => ValueKind::Uuid,
        ColumnType::Text | ColumnType::String(_) => ValueKind::Text,
        ColumnType::BigInteger => ValueKind::BigInt,
        ColumnType::Decimal(_) => ValueKind::Numeric,
        ColumnType::Boolean => ValueKind::Bool,
        ColumnType::Date => ValueKind::Date,
        ColumnType::TimestampWithTimeZone => ValueKind::Instant,
        ColumnType::Json | ColumnType::JsonBinary => ValueKind::Json,
        ColumnType::Blob | ColumnType::VarBinary(_) => ValueKind::Bytes,
        _ => ValueKind::Other,
    }
}

#[cfg(test)]
mod tests;
