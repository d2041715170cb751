use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

const UP: Script = Script {
    both: &[
        "CREATE TABLE threads (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            platform text NOT NULL CHECK (length(platform) BETWEEN 1 AND 50),
            chat_id text NOT NULL CHECK (length(chat_id) BETWEEN 1 AND 255),
            title text CHECK (title IS NULL OR length(title) BETWEEN 1 AND 200),
            state text NOT NULL CHECK (state IN ('idle', 'busy', 'interrupted', 'error')),
            metadata {json} NOT NULL,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            CONSTRAINT threads_chat_key UNIQUE (user_id, platform, chat_id)
        ) {strict}",
        "CREATE TABLE messages (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            thread_id {uuid} NOT NULL,
            seq {int} NOT NULL CHECK (seq > 0),
            platform_message_id text CHECK (
                platform_message_id IS NULL OR length(platform_message_id) BETWEEN 1 AND 255),
            role text NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
            author text CHECK (author IS NULL OR length(author) BETWEEN 1 AND 255),
            text text NOT NULL,
            raw_payload text,
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            CONSTRAINT messages_seq_key UNIQUE (user_id, thread_id, seq),
            FOREIGN KEY (user_id, thread_id) REFERENCES threads (user_id, id) ON DELETE CASCADE
        ) {strict}",
        "CREATE UNIQUE INDEX messages_platform_key
            ON messages (user_id, thread_id, platform_message_id)
            WHERE platform_message_id IS NOT NULL",
        "CREATE TABLE artifacts (
            user_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            message_id {uuid} NOT NULL,
            kind text NOT NULL CHECK (kind IN ('voice_transcript', 'image_json', 'ocr_text',
                'file_meta', 'tool_result', 'signal')),
            content_json {json},
            uri text CHECK (uri IS NULL OR length(uri) BETWEEN 1 AND 2000),
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, message_id) REFERENCES messages (user_id, id) ON DELETE CASCADE
        ) {strict}",
        "CREATE INDEX artifacts_message_idx ON artifacts (user_id, message_id)",
        "CREATE TABLE received_webhooks (
            producer text NOT NULL CHECK (length(producer) BETWEEN 1 AND 64),
            message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 255),
            received_at {instant} NOT NULL,
            PRIMARY KEY (producer, message_id)
        ) {strict}",
        "CREATE INDEX received_webhooks_age_idx ON received_webhooks (received_at)",
    ],
    shared_tables: &["received_webhooks"],
    tenant_tables: &["threads", "messages", "artifacts"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE received_webhooks",
        "DROP TABLE artifacts",
        "DROP TABLE messages",
        "DROP TABLE threads",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000010_threads"
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
