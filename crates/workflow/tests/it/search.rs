use std::collections::BTreeSet;

use db::{Tx, page::Page};
use entity::{
    values::{MessageId, ThreadId},
    workflow::message,
};
use identity::Ctx;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use testkit::on_both_engines;
use workflow::{
    Error, messages,
    search::{self, Sought},
};

use crate::{made, message, stranger, thread_of};

/// Words that differ in capitals, in accents, and by what follows a common beginning.
const VOCABULARY: [&str; 10] = [
    "buy", "Buys", "BUYER", "sell", "café", "CAFÉ", "caf", "größe", "2026", "26",
];

fn a_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(VOCABULARY.as_slice());
    prop::collection::vec(word, 0..6).prop_map(|words| words.join(", "))
}

/// A naive search: all texts, word by word.
fn holds(text: &str, sought: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let parts = text.split(", ").filter(|part| !part.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let (words, mut sought) = (split(text), split(sought));
    let beginning = sought.pop().unwrap();
    sought.iter().all(|word| words.contains(word))
        && words.iter().any(|word| word.starts_with(&beginning))
}

async fn say(ctx: &Ctx, thread: ThreadId, text: &str) -> message::Model {
    let work = async |tx: Tx| messages::append(ctx, &tx, thread, message(text, None)).await;
    ctx.database.write(work).await.unwrap().message
}

async fn found(ctx: &Ctx, text: &str) -> Vec<MessageId> {
    let sought: Sought = text.parse().unwrap();
    let page = Page {
        after: None,
        limit: 500,
    };
    let listed = search::everywhere(ctx, &ctx.database, &sought, &page)
        .await
        .unwrap();
    listed.items.into_iter().map(|message| message.id).collect()
}

async fn found_in(ctx: &Ctx, thread: ThreadId, text: &str) -> Vec<MessageId> {
    let sought: Sought = text.parse().unwrap();
    let slice = messages::list(ctx, &ctx.database, thread, Some(&sought), None, 500)
        .await
        .unwrap();
    slice
        .messages
        .into_iter()
        .map(|message| message.id)
        .collect()
}

on_both_engines! {
    async fn the_search_finds_what_a_naive_one_finds(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let threads = [thread_of(&ctx).await, made(&ctx, "chat-2").await.id];
        let anothers = thread_of(&other).await;
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let mut draw = || a_text().new_tree(&mut runner).unwrap().current();
        let mut said = Vec::new();
        for n in 0..60 {
            let text = draw();
            said.push(say(&ctx, threads[n % 2], &text).await);
            say(&other, anothers, &text).await;
        }
        let mut compared = 0;
        while compared < 60 {
            let sought = draw();
            if sought.is_empty() {
                continue;
            }
            let naive = |thread: Option<ThreadId>| -> Vec<MessageId> {
                let in_it = said.iter().rev().filter(|one| thread.is_none_or(|id| one.thread_id == id));
                in_it.filter(|one| holds(&one.text, &sought)).map(|one| one.id).collect()
            };
            assert_eq!(found(&ctx, &sought).await, naive(None), "{sought}");
            assert_eq!(found_in(&ctx, threads[0], &sought).await, naive(Some(threads[0])), "{sought}");
            compared += 1;
        }
    }

    async fn pages_of_a_search_have_every_message_once(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let mut said = BTreeSet::new();
        for n in 0..7 {
            said.insert(say(&ctx, thread, &format!("note {n}")).await.id);
        }
        let sought: Sought = "not".parse().unwrap();
        let (mut after, mut read) = (None, Vec::new());
        loop {
            let page = Page { after, limit: 3 };
            let listed = search::everywhere(&ctx, &ctx.database, &sought, &page).await.unwrap();
            read.extend(listed.items.iter().map(|message| message.id));
            if !listed.has_more {
                break;
            }
            after = read.last().copied();
        }
        let newest_first: Vec<MessageId> = said.into_iter().rev().collect();
        assert_eq!(read, newest_first);
    }

    async fn what_was_deleted_is_not_found(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let (kept, deleted) = (say(&ctx, thread, "a secret").await, say(&ctx, thread, "a secret").await);
        let delete = async |tx: Tx| messages::delete(&ctx, &tx, deleted.id).await;
        assert!(ctx.database.write(delete).await.unwrap());
        assert_eq!(found(&ctx, "secret").await, [kept.id]);
        assert_eq!(found_in(&ctx, thread, "secret").await, [kept.id]);
        let words = entity::workflow::message_word::Entity::find();
        let left = words.all(&ctx.database).await.unwrap();
        assert!(left.iter().all(|word| word.seq == kept.seq));
    }

    async fn messages_of_an_older_program_are_found_once_their_words_are_kept(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let mut said = Vec::new();
        for n in 0..5 {
            said.push(say(&ctx, thread, &format!("old {n}")).await.id);
        }
        forget_words(&ctx).await;
        assert!(found(&ctx, "old").await.is_empty());
        let mut rounds = Vec::new();
        while rounds.last() != Some(&0) {
            let some = async |tx: Tx| search::index_rest(&ctx, &tx, 2).await;
            rounds.push(ctx.database.write(some).await.unwrap());
        }
        assert_eq!(rounds, [2, 2, 1, 0]);
        said.reverse();
        assert_eq!(found(&ctx, "old").await, said);
    }
}

/// As if the messages had been written before there was a search.
async fn forget_words(ctx: &Ctx) {
    let forget = async |tx: Tx| -> Result<(), Error> {
        entity::workflow::message_word::Entity::delete_many()
            .exec(&tx)
            .await?;
        message::Entity::update_many()
            .col_expr(message::Column::IsIndexed, Expr::value(false))
            .filter(message::Column::UserId.eq(ctx.scope))
            .exec(&tx)
            .await?;
        Ok(())
    };
    ctx.database.write(forget).await.unwrap();
}

#[test]
fn a_search_needs_a_word_and_not_too_many() {
    for text in ["", " ", "…", "🙂"] {
        let refused = text.parse::<Sought>().unwrap_err();
        assert!(matches!(refused, Error::Unsearchable(_)), "{text:?}");
    }
    let words = |count: usize| -> Vec<String> { (0..count).map(|n| format!("w{n}")).collect() };
    assert!(words(16).join(" ").parse::<Sought>().is_ok());
    assert!(words(17).join(" ").parse::<Sought>().is_err());
}
