use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::ddl::Script;

/// What calls of models used and cost, what may be used in a period, what is set aside for calls under way; and
/// deployments, which are the service's own.
///
/// Usage names threads and jobs without a foreign key: it stays when they go.
const UP: Script = Script {
    both: &[
        "CREATE TABLE token_usage (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            scope text NOT NULL CHECK (scope IN ('proactive', 'reactive')),
            provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
            model text CHECK (model IS NULL OR length(model) BETWEEN 1 AND 200),
            operation text NOT NULL CHECK (operation IN ('chat', 'generate_content',
                'text_completion', 'embeddings')),
            request_id text CHECK (request_id IS NULL OR length(request_id) BETWEEN 1 AND 255),
            thread_id {uuid},
            job_id {uuid},
            input_tokens {int} NOT NULL CHECK (input_tokens BETWEEN 0 AND 1000000000),
            cached_input_tokens {int} NOT NULL,
            output_tokens {int} NOT NULL CHECK (output_tokens BETWEEN 0 AND 1000000000),
            reasoning_tokens {int} NOT NULL,
            total_tokens {int} NOT NULL,
            cost_amount {decimal} CHECK (cost_amount IS NULL OR {not_negative:cost_amount}),
            cost_currency text,
            computed_cost_amount {decimal}
                CHECK (computed_cost_amount IS NULL OR {not_negative:computed_cost_amount}),
            computed_cost_currency text,
            price_valid_from {date},
            meta_json {json} NOT NULL,
            used_at {instant} NOT NULL,
            created_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            CHECK (cached_input_tokens BETWEEN 0 AND input_tokens),
            CHECK (reasoning_tokens BETWEEN 0 AND output_tokens),
            CHECK (total_tokens = input_tokens + output_tokens),
            CHECK ((cost_amount IS NULL) = (cost_currency IS NULL)),
            CHECK ((computed_cost_amount IS NULL) = (computed_cost_currency IS NULL)),
            CHECK ((computed_cost_amount IS NULL) = (price_valid_from IS NULL))
        ) {strict}",
        "CREATE UNIQUE INDEX token_usage_request_key ON token_usage (user_id, provider, request_id)
            WHERE request_id IS NOT NULL",
        "CREATE INDEX token_usage_time_idx ON token_usage (user_id, used_at, scope, total_tokens)",
        "CREATE INDEX token_usage_thread_idx ON token_usage (user_id, thread_id, id)
            WHERE thread_id IS NOT NULL",
        "CREATE INDEX token_usage_job_idx ON token_usage (user_id, job_id, id)
            WHERE job_id IS NOT NULL",
        "CREATE TABLE token_budgets (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            scope text NOT NULL CHECK (scope IN ('proactive', 'reactive', 'all')),
            period text NOT NULL CHECK (period IN ('day', 'week', 'month')),
            unit text NOT NULL CHECK (unit = 'tokens' OR length(unit) = 3),
            hard_limit {decimal} NOT NULL CHECK {not_negative:hard_limit},
            soft_limit {decimal} CHECK (soft_limit IS NULL OR {not_negative:soft_limit}),
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            CONSTRAINT token_budgets_key UNIQUE (user_id, scope, period, unit)
        ) {strict}",
        "CREATE TABLE token_reservations (
            user_id {uuid} NOT NULL REFERENCES users (id),
            id {uuid} NOT NULL,
            scope text NOT NULL CHECK (scope IN ('proactive', 'reactive')),
            estimated_tokens {int} NOT NULL CHECK (estimated_tokens BETWEEN 0 AND 2000000000),
            estimated_cost {decimal}
                CHECK (estimated_cost IS NULL OR {not_negative:estimated_cost}),
            cost_currency text,
            status text NOT NULL CHECK (status IN ('open', 'settled', 'released')),
            usage_id {uuid},
            expires_at {instant} NOT NULL,
            closed_at {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            PRIMARY KEY (user_id, id),
            FOREIGN KEY (user_id, usage_id) REFERENCES token_usage (user_id, id),
            CHECK ((estimated_cost IS NULL) = (cost_currency IS NULL)),
            CHECK ((status = 'open') = (closed_at IS NULL)),
            CHECK ((status = 'settled') = (usage_id IS NOT NULL))
        ) {strict}",
        "CREATE INDEX token_reservations_usage_idx ON token_reservations (user_id, usage_id)",
        "CREATE INDEX token_reservations_expiry_idx ON token_reservations (user_id, expires_at)",
        "CREATE TABLE deployments (
            id {uuid} NOT NULL PRIMARY KEY,
            git_sha text NOT NULL CHECK (length(git_sha) BETWEEN 7 AND 64),
            branch text NOT NULL CHECK (length(branch) BETWEEN 1 AND 255),
            status text NOT NULL CHECK (status IN ('building', 'testing', 'deploying', 'healthy',
                'rolled_back', 'failed')),
            trigger text NOT NULL CHECK (length(trigger) BETWEEN 1 AND 100),
            deployed_by text NOT NULL CHECK (length(deployed_by) BETWEEN 1 AND 255),
            report_text text,
            rollback_reason text CHECK (
                rollback_reason IS NULL OR length(rollback_reason) BETWEEN 1 AND 2000),
            started_at {instant} NOT NULL,
            finished_at {instant},
            created_at {instant} NOT NULL,
            updated_at {instant} NOT NULL,
            CHECK ((status IN ('healthy', 'rolled_back', 'failed')) = (finished_at IS NOT NULL)),
            CHECK ((status = 'rolled_back') = (rollback_reason IS NOT NULL))
        ) {strict}",
        "CREATE INDEX deployments_branch_idx ON deployments (branch, id)",
    ],
    postgres: &[
        "ALTER TABLE token_budgets ADD CONSTRAINT token_budgets_order_check
            CHECK (soft_limit IS NULL OR soft_limit <= hard_limit)",
    ],
    shared_tables: &["deployments"],
    tenant_tables: &["token_usage", "token_budgets", "token_reservations"],
    ..Script::EMPTY
};

const DOWN: Script = Script {
    both: &[
        "DROP TABLE deployments",
        "DROP TABLE token_reservations",
        "DROP TABLE token_budgets",
        "DROP TABLE token_usage",
    ],
    ..Script::EMPTY
};

#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000017_tokens"
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
