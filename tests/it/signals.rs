//! Signals of other programs: taken when they are signed, once.

mod kept;
mod refused;
mod sender;

use entity::{received_webhook, workflow};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::app::App;

fn signal() -> Value {
    json!({
        "instrument": "NKE", "side": 1, "time": "2026-01-02T03:04:05+01:00",
        "payload": {"strength": 0.75, "of": ["a", null]}, "version": 3,
    })
}

/// The messages that became of signals, and how many are remembered.
async fn stored(app: &App) -> (Vec<workflow::message::Model>, usize) {
    let query = workflow::message::Entity::find().order_by_asc(workflow::message::Column::Seq);
    let messages = query.all(&app.database).await.unwrap();
    let remembered = received_webhook::Entity::find()
        .all(&app.database)
        .await
        .unwrap();
    (messages, remembered.len())
}
