//! Which words are in which message, kept along with the messages.

use db::Tx;
use entity::workflow::{
    message::{self, Model},
    message_word::{Column, Entity, Model as Word},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::words::{different, words};
use crate::Error;

/// Keeps the words of a message whose row is written already.
pub(crate) async fn index(ctx: &Ctx, tx: &Tx, message: &Model) -> Result<(), Error> {
    let words = different(words(&message.text));
    if words.is_empty() {
        return Ok(());
    }
    let rows = words.into_iter().map(|word| {
        let row = Word {
            user_id: ctx.scope,
            word,
            thread_id: message.thread_id,
            seq: message.seq,
        };
        row.into_active_model().reset_all()
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Forgets the words of a message.
pub(crate) async fn unindex(ctx: &Ctx, tx: &Tx, message: &Model) -> Result<(), Error> {
    let words = Entity::delete_many()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::ThreadId.eq(message.thread_id))
        .filter(Column::Seq.eq(message.seq));
    words.exec(tx).await?;
    Ok(())
}

/// Keeps the words of some messages that came before there was a search, or by an older program. Answers how
/// many of them there were; fewer than `most` are the last.
pub async fn index_rest(ctx: &Ctx, tx: &Tx, most: u64) -> Result<u64, Error> {
    let rest = message::Entity::find()
        .filter(message::Column::UserId.eq(ctx.scope))
        .filter(message::Column::IsIndexed.eq(false))
        .order_by_asc(message::Column::Id)
        .limit(most)
        .all(tx)
        .await?;
    for message in &rest {
        // Whoever deletes it takes the flag along.
        let now_indexed = message::Entity::update_many()
            .col_expr(message::Column::IsIndexed, Expr::value(true))
            .filter(message::Column::UserId.eq(ctx.scope))
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::IsIndexed.eq(false))
            .exec(tx)
            .await?;
        if now_indexed.rows_affected == 1 {
            index(ctx, tx, message).await?;
        }
    }
    Ok(u64::try_from(rest.len()).unwrap_or(most))
}
