use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// What is looked up before it is known whose it is has no `user_id`, the mark of tables that row
/// security guards, but an `owner_user_id`.
const UP: Script = Script {
    both: &[
        "ALTER TABLE users ADD COLUMN session_version {int} NOT NULL DEFAULT 0",
        "ALTER TABLE users ADD COLUMN default_portfolio_id {uuid}",
        "ALTER TABLE users ADD COLUMN last_login_at {instant}",
        "-- allow(grants): who only reads has no business with password hashes
        CREATE TABLE credentials (
            owner_user_id {uuid} PRIMARY KEY REFERENCES users (id),
            password_hash text NOT NULL,
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL
        ) {strict}",
        "-- allow(grants): who only reads has no business with attempts to log in
        CREATE TABLE login_throttles (
            subject text PRIMARY KEY,
            failures {int} NOT NULL CHECK (failures >= 0),
            locked_until {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL
        ) {strict}",
        "CREATE INDEX login_throttles_age_idx ON login_throttles (updated_at)",
        "-- allow(grants): who only reads has no business with tokens
        CREATE TABLE api_tokens (
            id {uuid} PRIMARY KEY,
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
            prefix text NOT NULL,
            token_hash text NOT NULL,
            scopes {json} NOT NULL,
            expires_at {instant},
            last_used_at {instant},
            revoked_at {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CONSTRAINT api_tokens_hash_key UNIQUE (token_hash)
        ) {strict}",
        "CREATE INDEX api_tokens_owner_idx ON api_tokens (owner_user_id, id)",
        "-- allow(grants): who only reads has no business with tokens
        CREATE TABLE refresh_tokens (
            id {uuid} PRIMARY KEY,
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            family_id {uuid} NOT NULL,
            token_hash text NOT NULL,
            session_version {int} NOT NULL,
            expires_at {instant} NOT NULL,
            rotated_to {uuid} REFERENCES refresh_tokens (id) ON DELETE SET NULL,
            revoked_at {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CONSTRAINT refresh_tokens_hash_key UNIQUE (token_hash)
        ) {strict}",
        "CREATE INDEX refresh_tokens_owner_idx ON refresh_tokens (owner_user_id)",
        "CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id)",
        "CREATE INDEX refresh_tokens_rotated_idx ON refresh_tokens (rotated_to)
            WHERE rotated_to IS NOT NULL",
        "CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at)",
        "CREATE TABLE portfolio_shares (
            owner_user_id {uuid} NOT NULL REFERENCES users (id),
            portfolio_id {uuid} NOT NULL,
            grantee_user_id {uuid} NOT NULL REFERENCES users (id),
            permission text NOT NULL CHECK (permission IN ('read', 'trade')),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (owner_user_id, portfolio_id, grantee_user_id),
            CHECK (grantee_user_id <> owner_user_id)
        ) {strict}",
        "CREATE INDEX portfolio_shares_grantee_idx
            ON portfolio_shares (grantee_user_id, portfolio_id)",
        "CREATE TABLE audit_log (
            seq {int} PRIMARY KEY CHECK (seq >= 1),
            at {instant} NOT NULL,
            actor_user_id {uuid},
            actor_kind text NOT NULL
                CHECK (actor_kind IN ('user', 'token', 'producer', 'operator', 'system', 'anonymous')),
            action text NOT NULL,
            resource_type text NOT NULL,
            resource_id text,
            details {json} NOT NULL,
            ip text,
            user_agent text,
            request_id text NOT NULL,
            outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
            prev_hash text NOT NULL,
            hash text NOT NULL,
            CONSTRAINT audit_log_prev_hash_key UNIQUE (prev_hash),
            CONSTRAINT audit_log_hash_key UNIQUE (hash)
        ) {strict}",
        "CREATE INDEX audit_log_actor_idx ON audit_log (actor_user_id, seq)",
        "CREATE INDEX audit_log_resource_idx ON audit_log (resource_type, resource_id, seq)",
        "CREATE TABLE audit_heads (
            id {int} PRIMARY KEY CHECK (id = 1),
            seq {int} NOT NULL CHECK (seq >= 0),
            hash text NOT NULL
        ) {strict}",
        "INSERT INTO audit_heads (id, seq, hash) VALUES (1, 0,
            '0000000000000000000000000000000000000000000000000000000000000000')",
    ],
    postgres: &[
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log only grows';
        END $$",
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
            FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
        "CREATE TRIGGER audit_log_truncate BEFORE TRUNCATE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
        "GRANT SELECT, INSERT, UPDATE, DELETE
            ON credentials, login_throttles, api_tokens, refresh_tokens
            TO tallystick_app, tallystick_admin",
        "GRANT SELECT, INSERT ON audit_log TO tallystick_app",
        "GRANT SELECT ON audit_log TO tallystick_readonly, tallystick_admin",
        "GRANT SELECT, UPDATE ON audit_heads TO tallystick_app",
        "GRANT SELECT ON audit_heads TO tallystick_readonly, tallystick_admin",
    ],
    sqlite: &[
        // REPLACE deletes without asking a delete trigger.
        "CREATE TRIGGER audit_log_replace BEFORE INSERT ON audit_log
        WHEN EXISTS (SELECT 1 FROM audit_log
            WHERE seq = NEW.seq OR hash = NEW.hash OR prev_hash = NEW.prev_hash)
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
        "CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
        "CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
    ],
    shared_tables: &["portfolio_shares"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE audit_heads",
        "DROP TABLE audit_log",
        "DROP TABLE portfolio_shares",
        "DROP TABLE refresh_tokens",
        "DROP TABLE api_tokens",
        "DROP TABLE login_throttles",
        "DROP TABLE credentials",
        "ALTER TABLE users DROP COLUMN last_login_at",
        "ALTER TABLE users DROP COLUMN default_portfolio_id",
        "ALTER TABLE users DROP COLUMN session_version",
    ],
    postgres: &["DROP FUNCTION refuse_audit_change()"],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000009_accounts"
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
