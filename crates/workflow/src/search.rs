//! The search for messages by the words in them.
//!
//! Words are kept in a table of their own, since PostgreSQL uses no full-text index under row-level security and
//! the two engines would find different things.

mod index;
mod words;

use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    values::{MessageId, ThreadId},
    workflow::{
        message::{self, Model},
        message_word::{Column, Entity},
    },
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Condition, Expr, ExprTrait, SelectStatement, UnionType},
};

use crate::Error;

pub use index::index_rest;
pub(crate) use index::{index, unindex};

/// More words are not looked for at once.
const MOST_SOUGHT: usize = 16;

/// What is looked for: messages that have all of these words, the last of which may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    whole: Vec<String>,
    beginning: String,
}

impl std::str::FromStr for Sought {
    type Err = Error;

    /// Reads what a person typed.
    ///
    /// # Errors
    ///
    /// [`Error::Unsearchable`] if there is no word in it, or more than 16.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut words = words::words(text);
        let Some(beginning) = words.pop() else {
            return Err(Error::Unsearchable("holds no word"));
        };
        let whole = words::different(words);
        if whole.len() >= MOST_SOUGHT {
            return Err(Error::Unsearchable("holds more than 16 words"));
        }
        Ok(Self { whole, beginning })
    }
}

/// The messages of all threads that are looked for, newest first.
pub async fn everywhere(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    sought: &Sought,
    page: &Page<MessageId>,
) -> Result<Listed<Model>, Error> {
    let mut query = of(ctx, sought, None);
    if let Some(known) = page.after {
        query = query.filter(message::Column::Id.lt(known));
    }
    let query = query
        .order_by_desc(message::Column::Id)
        .limit(page.fetch_limit());
    Ok(page.cut(query.all(db).await?))
}

/// The messages that are looked for, of one thread or of all, in no order.
pub(crate) fn of(ctx: &Ctx, sought: &Sought, thread: Option<ThreadId>) -> Select<message::Entity> {
    let place = Expr::tuple([
        Expr::col(message::Column::ThreadId),
        Expr::col(message::Column::Seq),
    ]);
    message::Entity::find()
        .filter(message::Column::UserId.eq(ctx.scope))
        .filter(message::Column::DeletedAt.is_null())
        .filter(place.in_subquery(places(ctx, sought, thread)))
}

/// Where all the words are.
fn places(ctx: &Ctx, sought: &Sought, thread: Option<ThreadId>) -> SelectStatement {
    let within = |words: Condition| {
        let query = Entity::find()
            .select_only()
            .column(Column::ThreadId)
            .column(Column::Seq)
            .filter(Column::UserId.eq(ctx.scope))
            .filter(words);
        let query = match thread {
            Some(thread) => query.filter(Column::ThreadId.eq(thread)),
            None => query,
        };
        query.into_query()
    };
    // What begins so: no character comes after the last of Unicode.
    let end = format!("{}{}", sought.beginning, char::MAX);
    let begins = Condition::all()
        .add(Column::Word.gte(sought.beginning.as_str()))
        .add(Column::Word.lt(end));
    let mut places = within(begins);
    for word in &sought.whole {
        let is = Condition::all().add(Column::Word.eq(word.as_str()));
        places.union(UnionType::Intersect, within(is));
    }
    places
}
