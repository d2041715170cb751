\set ON_ERROR_STOP on

-- down: m20261121_000019_approvals
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000019_approvals', 'down', '80ea0d10971605c5a5b722e247024974b2f4c8919004c6f280c5d0d3f534b325', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE webhook_endpoints;
DROP TABLE approval_approvers;
DROP TABLE approval_votes;
DROP TABLE approvals;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000019_approvals';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000019_approvals');
COMMIT;

-- down: m20261121_000018_conversations
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000018_conversations', 'down', '37289b725c0138ab6eb6ede6d66107ca41babefa427b6a6f5cda69082648b700', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE message_words;
DROP TABLE artifact_revisions;
ALTER TABLE artifacts DROP COLUMN updated_at;
ALTER TABLE artifacts DROP COLUMN revision;
DROP INDEX messages_to_index_idx;
DROP INDEX messages_to_purge_idx;
ALTER TABLE messages DROP COLUMN is_indexed;
ALTER TABLE messages DROP COLUMN purged_at;
ALTER TABLE messages DROP COLUMN deleted_at;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000018_conversations';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000018_conversations');
COMMIT;

-- down: m20261121_000017_tokens
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000017_tokens', 'down', '1c9fbca5b3f277842edae0b8dc8b4e73ad7ce67fea420196351eb344ffd39cbf', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE deployments;
DROP TABLE token_reservations;
DROP TABLE token_budgets;
DROP TABLE token_usage;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000017_tokens';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000017_tokens');
COMMIT;

-- down: m20261121_000016_jobs
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000016_jobs', 'down', '27a51c76eb9058799b65c6dbd5b8b9c3789c4ae0cd9daefab70fc39b6593b334', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE paused_job_modes;
DROP TABLE stream_events;
DROP TABLE job_events;
DROP TABLE jobs;
DROP TABLE job_schedules;
DROP TABLE job_queues;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000016_jobs';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000016_jobs');
COMMIT;

-- down: m20261121_000015_gains
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000015_gains', 'down', '25d34bf8a9b92cf74541c2505a621cbcb9f730cc5efef6622beabece6740d833', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE portfolio_cash_flows DROP COLUMN counter_portfolio_id;
ALTER TABLE transactions DROP COLUMN received_lots;
ALTER TABLE transactions DROP COLUMN counter_transaction_id;
ALTER TABLE transactions DROP COLUMN counter_portfolio_id;
ALTER TABLE portfolios DROP COLUMN former_rules;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000015_gains';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000015_gains');
COMMIT;

-- down: m20261121_000014_pack_builds
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000014_pack_builds', 'down', '2fa7a74ed3fd1e9f54a4ba74387ff0d734e4fad8e2dfbaaceefbc9f0fe1268cd', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE pack_build_steps;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000014_pack_builds';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000014_pack_builds');
COMMIT;

-- down: m20261121_000013_reconciliations
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000013_reconciliations', 'down', '10d1f357a21dac41d5d94285fe068cc82d0c7bf1a24a8f48c69a6bcb09b6c0b4', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE reconciliations;
ALTER TABLE pricing_packs DROP COLUMN reconciled_hash;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000013_reconciliations';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000013_reconciliations');
COMMIT;

-- down: m20261121_000012_restatements
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000012_restatements', 'down', 'a5eeeddf588d415753d2c573d328fc4ef756ad8bced8947646922f7fdf6a1394', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TRIGGER pricing_packs_history ON pricing_packs;
DROP FUNCTION refuse_pack_history_change();
ALTER TABLE pricing_packs DROP CONSTRAINT pricing_packs_restatement_check;
ALTER TABLE pricing_packs DROP COLUMN restatement_reason;
ALTER TABLE pricing_packs DROP COLUMN restates;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000012_restatements';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000012_restatements');
COMMIT;

-- down: m20261121_000011_recording
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000011_recording', 'down', '605e4601acfd0d378097c15be65067c90c11b5be7e7ff3e18a456465ba67e229', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE portfolio_cash_flows DROP COLUMN superseded_revision;
ALTER TABLE lot_closures DROP COLUMN superseded_revision;
ALTER TABLE lot_closures DROP COLUMN realized_gain_base;
ALTER TABLE lot_closures DROP COLUMN carried_basis;
ALTER TABLE lot_closures DROP COLUMN cost_basis_base;
ALTER TABLE lot_closures DROP COLUMN proceeds_base;
ALTER TABLE lot_closures DROP COLUMN security_id;
ALTER TABLE lots DROP COLUMN superseded_revision;
ALTER TABLE lots DROP COLUMN cost_basis_base;
ALTER TABLE lots DROP COLUMN opened_on;
ALTER TABLE lots DROP COLUMN ordinal;
ALTER TABLE lots DROP COLUMN sequence;
ALTER TABLE transactions DROP COLUMN voided_revision;
ALTER TABLE transactions DROP COLUMN terms;
ALTER TABLE transactions DROP COLUMN sequence;
ALTER TABLE portfolios DROP COLUMN allows_shorts;
ALTER TABLE portfolios DROP COLUMN is_recorded;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000011_recording';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000011_recording');
COMMIT;

-- down: m20261121_000010_threads
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000010_threads', 'down', '718e73491868e946e7b3a926012a02aea82e326b3bf48ab525b86c69786d72af', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE received_webhooks;
DROP TABLE artifacts;
DROP TABLE messages;
DROP TABLE threads;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000010_threads';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000010_threads');
COMMIT;

-- down: m20261121_000009_accounts
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000009_accounts', 'down', 'f0e177d5e2516b871a012d8935550b8071dae6fa430bf61d1024b129254e159d', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE audit_heads;
DROP TABLE audit_log;
DROP TABLE portfolio_shares;
DROP TABLE refresh_tokens;
DROP TABLE api_tokens;
DROP TABLE login_throttles;
DROP TABLE credentials;
ALTER TABLE users DROP COLUMN last_login_at;
ALTER TABLE users DROP COLUMN default_portfolio_id;
ALTER TABLE users DROP COLUMN session_version;
DROP FUNCTION refuse_audit_change();
DELETE FROM seaql_migrations WHERE version = 'm20261121_000009_accounts';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000009_accounts');
COMMIT;

-- down: m20261121_000008_series
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000008_series', 'down', '55f1e9e3b889e95ffd532448f85006bcde25de0f3a385fcd8d037ae24b11c863', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE currency_attribution;
DROP TABLE portfolio_metrics;
DROP TABLE portfolio_daily_values;
DROP FUNCTION make_year_partitions(bigint, bigint);
DELETE FROM seaql_migrations WHERE version = 'm20261121_000008_series';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000008_series');
COMMIT;

-- down: m20261121_000007_contract_row_security
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000007_contract_row_security', 'down', '8afa565571e53451a93cf27c77df842ff99c88800f11e26ffc2dd0b6ae0bbeff', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP POLICY administrator ON idempotency_keys;
DROP POLICY tenant ON idempotency_keys;
ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON executions;
DROP POLICY tenant ON executions;
ALTER TABLE executions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE executions DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON imports;
DROP POLICY tenant ON imports;
ALTER TABLE imports NO FORCE ROW LEVEL SECURITY;
ALTER TABLE imports DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON portfolio_cash_flows;
DROP POLICY tenant ON portfolio_cash_flows;
ALTER TABLE portfolio_cash_flows NO FORCE ROW LEVEL SECURITY;
ALTER TABLE portfolio_cash_flows DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON lot_closures;
DROP POLICY tenant ON lot_closures;
ALTER TABLE lot_closures NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lot_closures DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON lots;
DROP POLICY tenant ON lots;
ALTER TABLE lots NO FORCE ROW LEVEL SECURITY;
ALTER TABLE lots DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON transactions;
DROP POLICY tenant ON transactions;
ALTER TABLE transactions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE transactions DISABLE ROW LEVEL SECURITY;
DROP POLICY administrator ON portfolios;
DROP POLICY tenant ON portfolios;
ALTER TABLE portfolios NO FORCE ROW LEVEL SECURITY;
ALTER TABLE portfolios DISABLE ROW LEVEL SECURITY;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000007_contract_row_security';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000007_contract_row_security');
COMMIT;

-- down: m20261121_000006_roles
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000006_roles', 'down', '93bf23f7d5ece5d0de672abc47726d316aa8f8df7c0d5665351b3f5c67944adb', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
REVOKE ALL ON seaql_migrations, tallystick_history, users, securities, portfolios,
transactions, lots, lot_closures, portfolio_cash_flows, imports, pricing_packs, prices,
fx_rates, executions, idempotency_keys
FROM tallystick_app, tallystick_readonly, tallystick_admin;
DO $$
BEGIN
    EXECUTE format(
        'REVOKE USAGE ON SCHEMA %I FROM tallystick_app, tallystick_readonly, tallystick_admin',
        current_schema());
END $$;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000006_roles';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000006_roles');
COMMIT;

-- down: m20261121_000005_idempotency
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000005_idempotency', 'down', 'b2f24cd7b59bc9ddd1f435d357cad9cbafd559f4818cd4ed40281b435edf5c08', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE idempotency_keys;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000005_idempotency';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000005_idempotency');
COMMIT;

-- down: m20261121_000004_executions
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000004_executions', 'down', '7841f205b59dd4edbd4e3c5b49ca0239c71dca0ab26eb544f70422265c3593ec', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE executions;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000004_executions';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000004_executions');
COMMIT;

-- down: m20261121_000003_pricing
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000003_pricing', 'down', 'ecd32cc9f533c3cf6dbb0f815b038e5d9d8afdff37b8422372c0ab7b10869565', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE fx_rates;
DROP TABLE prices;
DROP TABLE pricing_packs;
DROP TRIGGER securities_priced_symbol ON securities;
DROP FUNCTION refuse_priced_symbol_change();
DROP FUNCTION refuse_frozen_content();
DROP FUNCTION refuse_truncation();
DROP FUNCTION refuse_frozen_pack_change();
DELETE FROM seaql_migrations WHERE version = 'm20261121_000003_pricing';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000003_pricing');
COMMIT;

-- down: m20261121_000002_books
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000002_books', 'down', '8b13296eaae576dbc19c87ac037a2a34bd5b075f1d6035dee9e6e520e30c40c4', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE imports;
DROP TABLE portfolio_cash_flows;
DROP TABLE lot_closures;
DROP TABLE lots;
DROP TABLE transactions;
DROP TABLE portfolios;
DROP TABLE securities;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000002_books';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000002_books');
COMMIT;

-- down: m20261121_000001_users
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000001_users', 'down', '1e7099d635faeef512ea7ac10cfa9811fc3f98b14ce1743ed171f7f20126cb8d', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DROP TABLE users;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000001_users';
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000001_users');
COMMIT;
