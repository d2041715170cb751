use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// What a conversation can lose and be searched for: messages that are deleted and later purged, the words in them,
/// and what artifacts held before they were changed.
///
/// Words are ordered by their bytes, so that a prefix is a range of the key on both engines.
const UP: Script = Script {
    both: &[
        "ALTER TABLE messages ADD COLUMN deleted_at {instant}",
        "ALTER TABLE messages ADD COLUMN purged_at {instant}",
        "ALTER TABLE messages ADD COLUMN is_indexed {bool} NOT NULL DEFAULT false",
        "-- allow(index-blocks-writes): until this version the table holds signals alone, which are few
        CREATE INDEX messages_to_purge_idx ON messages (user_id, deleted_at)
            WHERE deleted_at IS NOT NULL AND purged_at IS NULL",
        "-- allow(index-blocks-writes): until this version the table holds signals alone, which are few
        CREATE INDEX messages_to_index_idx ON messages (user_id, id) WHERE NOT is_indexed",
        "ALTER TABLE artifacts ADD COLUMN revision {int} NOT NULL DEFAULT 1",
        "ALTER TABLE artifacts ADD COLUMN updated_at {instant}",
        "CREATE TABLE artifact_revisions (
            user_id {uuid} NOT NULL,
            artifact_id {uuid} NOT NULL,
            revision {int} NOT NULL CHECK (revision > 0),
            content_json {json},
            uri text CHECK (uri IS NULL OR length(uri) BETWEEN 1 AND 2000),
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, artifact_id, revision),
            FOREIGN KEY (user_id, artifact_id) REFERENCES artifacts (user_id, id) ON DELETE CASCADE
        ) {strict}",
    ],
    postgres: &[
        "CREATE TABLE message_words (
            user_id uuid NOT NULL,
            word text COLLATE \"C\" NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
            thread_id uuid NOT NULL,
            seq bigint NOT NULL,
            PRIMARY KEY (user_id, word, thread_id, seq),
            FOREIGN KEY (user_id, thread_id, seq)
                REFERENCES messages (user_id, thread_id, seq) ON DELETE CASCADE
        )",
        "CREATE INDEX message_words_message_idx ON message_words (user_id, thread_id, seq)",
    ],
    sqlite: &[
        "CREATE TABLE message_words (
            user_id BLOB NOT NULL,
            word TEXT NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
            thread_id BLOB NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (user_id, word, thread_id, seq),
            FOREIGN KEY (user_id, thread_id, seq)
                REFERENCES messages (user_id, thread_id, seq) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID",
        "CREATE INDEX message_words_message_idx ON message_words (user_id, thread_id, seq)",
    ],
    tenant_tables: &["artifact_revisions", "message_words"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE message_words",
        "DROP TABLE artifact_revisions",
        "ALTER TABLE artifacts DROP COLUMN updated_at",
        "ALTER TABLE artifacts DROP COLUMN revision",
        "DROP INDEX messages_to_index_idx",
        "DROP INDEX messages_to_purge_idx",
        "ALTER TABLE messages DROP COLUMN is_indexed",
        "ALTER TABLE messages DROP COLUMN purged_at",
        "ALTER TABLE messages DROP COLUMN deleted_at",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000018_conversations"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
