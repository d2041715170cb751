.bail on
PRAGMA foreign_keys = OFF;
CREATE TEMP TABLE reference (is_broken INTEGER CHECK (NOT is_broken));

-- down: m20261121_000019_approvals
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000019_approvals', 'down', '203bf151fbdcb043a3a7fd3af447d460b83b204448eabf3ec139489e241ed7fe', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE webhook_endpoints;
DROP TABLE approval_approvers;
DROP TABLE approval_votes;
DROP TABLE approvals;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000019_approvals';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000019_approvals');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000018_conversations
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000018_conversations', 'down', '05a84e03bd820a9b911b544779979b26c77f5a6c55c7cda9aea8551e2b7e5bcb', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
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
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000018_conversations');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000017_tokens
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000017_tokens', 'down', '27ef39265df761d9760de5cdfc3228684b0cf7898f20ccb69f002e241e9cb37b', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE deployments;
DROP TABLE token_reservations;
DROP TABLE token_budgets;
DROP TABLE token_usage;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000017_tokens';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000017_tokens');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000016_jobs
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000016_jobs', 'down', 'bf2f44b015c06611d45f217f2d20ac419d7985b1db240fb6c11208b2095afe06', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE paused_job_modes;
DROP TABLE stream_events;
DROP TABLE job_events;
DROP TABLE jobs;
DROP TABLE job_schedules;
DROP TABLE job_queues;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000016_jobs';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000016_jobs');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000015_gains
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000015_gains', 'down', 'ab407833004b58c409caa06fb1e530444a5a55019619161ee1912d610d0a313d', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE portfolio_cash_flows DROP COLUMN counter_portfolio_id;
ALTER TABLE transactions DROP COLUMN received_lots;
ALTER TABLE transactions DROP COLUMN counter_transaction_id;
ALTER TABLE transactions DROP COLUMN counter_portfolio_id;
ALTER TABLE portfolios DROP COLUMN former_rules;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000015_gains';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000015_gains');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000014_pack_builds
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000014_pack_builds', 'down', '5102496ae1d418e4bc114ca5c48463d0c28f78da7e9f5a522eb05391c7cc555a', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE pack_build_steps;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000014_pack_builds';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000014_pack_builds');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000013_reconciliations
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000013_reconciliations', 'down', 'b27a6738067bcb0b58e95d951077b3307f33d57521375a7dd1bc2f0775229165', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE reconciliations;
ALTER TABLE pricing_packs DROP COLUMN reconciled_hash;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000013_reconciliations';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000013_reconciliations');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000012_restatements
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000012_restatements', 'down', '7aba3e40fe5015bc05c4f4f5df9c5d36dfbd2334db59392b525ceaa051d29958', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TRIGGER pricing_packs_history;
ALTER TABLE pricing_packs DROP COLUMN restatement_reason;
ALTER TABLE pricing_packs DROP COLUMN restates;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000012_restatements';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000012_restatements');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000011_recording
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000011_recording', 'down', '005bc10db39069c5b65a405f413fce7044d7c9caa322c9fa1d0506d249db5182', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
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
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000011_recording');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000010_threads
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000010_threads', 'down', '415622f56d607c0674dc939990be6c197a8dbb4671f9e7379d4c31d298113619', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE received_webhooks;
DROP TABLE artifacts;
DROP TABLE messages;
DROP TABLE threads;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000010_threads';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000010_threads');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000009_accounts
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000009_accounts', 'down', '74e7f9927ad5891f6e18f586a6d535e48e07ed9050c2469276b03e59278ed898', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
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
DELETE FROM seaql_migrations WHERE version = 'm20261121_000009_accounts';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000009_accounts');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000008_series
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000008_series', 'down', '969fa987500f3f056dd0c0f4990b78a2273ce8a21a71f3d8cbb146c8a1312c33', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE currency_attribution;
DROP TABLE portfolio_metrics;
DROP TABLE portfolio_daily_values;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000008_series';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000008_series');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000007_contract_row_security
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000007_contract_row_security', 'down', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000007_contract_row_security';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000007_contract_row_security');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000006_roles
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000006_roles', 'down', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000006_roles';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000006_roles');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000005_idempotency
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000005_idempotency', 'down', '9a3eb5349d5fc7eb9d27f0906249c3b5d9384d801dc8623e331255d40d9880d2', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE idempotency_keys;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000005_idempotency';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000005_idempotency');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000004_executions
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000004_executions', 'down', 'bbcdb6c29c201501d132fff47ae1f9cd6bc885e5c56d71bebc7f151e57efbcf2', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE executions;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000004_executions';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000004_executions');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000003_pricing
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000003_pricing', 'down', 'dd58d53f7852c0d53285109ccb524c6e965e5870f1787f6df506a91af72df102', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE fx_rates;
DROP TABLE prices;
DROP TABLE pricing_packs;
DROP TRIGGER securities_priced_symbol_update;
DROP TRIGGER securities_priced_symbol_insert;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000003_pricing';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000003_pricing');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000002_books
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000002_books', 'down', '671100eff4c4126479a53a95472d36d41245b92a5f2f360503cf0a140e22a533', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE imports;
DROP TABLE portfolio_cash_flows;
DROP TABLE lot_closures;
DROP TABLE lots;
DROP TABLE transactions;
DROP TABLE portfolios;
DROP TABLE securities;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000002_books';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000002_books');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- down: m20261121_000001_users
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000001_users', 'down', 'ff31f5419852d978721fcfa31ab352b6a3d0cd1386af87320e6f2949e65eae18', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
DROP TABLE users;
DELETE FROM seaql_migrations WHERE version = 'm20261121_000001_users';
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000001_users');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;
