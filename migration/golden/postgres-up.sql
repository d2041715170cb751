\set ON_ERROR_STOP on

BEGIN;
CREATE TABLE IF NOT EXISTS "seaql_migrations" ( "version" varchar NOT NULL PRIMARY KEY, "applied_at" bigint NOT NULL );
CREATE TABLE IF NOT EXISTS tallystick_history (
    seq bigint PRIMARY KEY,
    version text NOT NULL,
    action text NOT NULL
        CHECK (action IN ('up', 'down', 'stamp', 'unstamp', 'adopt')),
    checksum text NOT NULL,
    program text NOT NULL,
    operator text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz
);
COMMIT;

-- up: m20261121_000001_users
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000001_users', 'up', '1e7099d635faeef512ea7ac10cfa9811fc3f98b14ce1743ed171f7f20126cb8d', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email)),
    display_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'user', 'manager', 'admin')),
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_email_key UNIQUE (email)
);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000001_users', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000001_users');
COMMIT;

-- up: m20261121_000002_books
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000002_books', 'up', '8b13296eaae576dbc19c87ac037a2a34bd5b075f1d6035dee9e6e520e30c40c4', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE securities (
    id uuid PRIMARY KEY,
    symbol text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('equity', 'etf', 'fund', 'bond', 'cash', 'crypto',
        'option', 'index', 'other')),
    currency text NOT NULL CHECK (length(currency) = 3),
    exchange text,
    isin text,
    figi text,
    sector text,
    country text,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT securities_symbol_key UNIQUE (symbol)
);
CREATE TABLE portfolios (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    base_currency text NOT NULL CHECK (length(base_currency) = 3),
    benchmark_security_id uuid REFERENCES securities (id),
    lot_method text NOT NULL
        CHECK (lot_method IN ('fifo', 'lifo', 'hifo', 'average', 'specific')),
    is_active boolean NOT NULL,
    books_revision bigint NOT NULL CHECK (books_revision >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT portfolios_name_key UNIQUE (user_id, name)
);
CREATE INDEX portfolios_benchmark_idx ON portfolios (benchmark_security_id);
CREATE TABLE transactions (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    security_id uuid REFERENCES securities (id),
    kind text NOT NULL CHECK (kind IN ('buy', 'sell', 'dividend', 'interest', 'fee', 'tax',
        'deposit', 'withdrawal', 'split', 'spin_off', 'return_of_capital', 'transfer_in',
        'transfer_out', 'merger')),
    trade_date date NOT NULL,
    settle_date date,
    quantity numeric NOT NULL,
    price numeric CHECK (price IS NULL OR (price >= 0)),
    amount numeric NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    fee numeric NOT NULL CHECK (fee >= 0),
    tax numeric NOT NULL CHECK (tax >= 0),
    fx_rate numeric CHECK (fx_rate IS NULL OR (fx_rate > 0)),
    pay_date date,
    ex_date date,
    narration text,
    source text NOT NULL CHECK (source IN ('manual', 'import', 'ledger')),
    external_id text,
    ledger_commit_hash text,
    books_revision bigint NOT NULL CHECK (books_revision > 0),
    recorded_at timestamptz NOT NULL,
    voided_at timestamptz,
    voids_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, voids_id) REFERENCES transactions (user_id, id)
);
CREATE INDEX transactions_portfolio_idx
ON transactions (user_id, portfolio_id, trade_date, id);
CREATE UNIQUE INDEX transactions_external_key
ON transactions (user_id, portfolio_id, source, external_id)
WHERE external_id IS NOT NULL;
CREATE INDEX transactions_security_idx ON transactions (security_id);
CREATE INDEX transactions_voids_idx ON transactions (user_id, voids_id)
WHERE voids_id IS NOT NULL;
CREATE TABLE lots (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    security_id uuid NOT NULL REFERENCES securities (id),
    opened_by_transaction_id uuid NOT NULL,
    acquired_on date NOT NULL,
    quantity_original numeric NOT NULL,
    quantity_open numeric NOT NULL,
    unit_cost numeric NOT NULL,
    cost_basis numeric NOT NULL,
    cost_currency text NOT NULL CHECK (length(cost_currency) = 3),
    fx_rate numeric CHECK (fx_rate IS NULL OR (fx_rate > 0)),
    label text,
    closed_on date,
    books_revision bigint NOT NULL CHECK (books_revision > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, opened_by_transaction_id) REFERENCES transactions (user_id, id)
        ON DELETE CASCADE
);
CREATE INDEX lots_portfolio_idx ON lots (user_id, portfolio_id, security_id, acquired_on);
CREATE INDEX lots_security_idx ON lots (security_id);
CREATE INDEX lots_opened_by_idx ON lots (user_id, opened_by_transaction_id);
CREATE TABLE lot_closures (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    transaction_id uuid NOT NULL,
    quantity numeric NOT NULL,
    proceeds numeric NOT NULL,
    cost_basis numeric NOT NULL,
    realized_gain numeric NOT NULL,
    fx_gain numeric,
    closed_on date NOT NULL,
    holding_days bigint NOT NULL,
    books_revision bigint NOT NULL CHECK (books_revision > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, lot_id) REFERENCES lots (user_id, id) ON DELETE CASCADE,
    FOREIGN KEY (user_id, transaction_id) REFERENCES transactions (user_id, id)
        ON DELETE CASCADE
);
CREATE INDEX lot_closures_portfolio_idx
ON lot_closures (user_id, portfolio_id, closed_on);
CREATE INDEX lot_closures_lot_idx ON lot_closures (user_id, lot_id);
CREATE INDEX lot_closures_transaction_idx ON lot_closures (user_id, transaction_id);
CREATE TABLE portfolio_cash_flows (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    flow_date date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('deposit', 'withdrawal', 'dividend', 'interest',
        'fee', 'tax', 'transfer')),
    amount numeric NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    transaction_id uuid NOT NULL,
    is_external boolean NOT NULL,
    books_revision bigint NOT NULL CHECK (books_revision > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT portfolio_cash_flows_transaction_key
        UNIQUE (user_id, transaction_id, kind),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, transaction_id) REFERENCES transactions (user_id, id)
        ON DELETE CASCADE
);
CREATE INDEX portfolio_cash_flows_portfolio_idx
ON portfolio_cash_flows (user_id, portfolio_id, flow_date, id);
CREATE TABLE imports (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    portfolio_id uuid,
    format text NOT NULL,
    file_hash text NOT NULL,
    status text NOT NULL CHECK (status IN ('committed', 'failed')),
    counts jsonb NOT NULL,
    errors jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
);
CREATE INDEX imports_portfolio_idx ON imports (user_id, portfolio_id);
ALTER TABLE lots ADD CONSTRAINT lots_quantity_check CHECK (
quantity_original <> 0 AND quantity_open * quantity_original >= 0
AND abs(quantity_open) <= abs(quantity_original));
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000002_books', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000002_books');
COMMIT;

-- up: m20261121_000003_pricing
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000003_pricing', 'up', 'ecd32cc9f533c3cf6dbb0f815b038e5d9d8afdff37b8422372c0ab7b10869565', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE pricing_packs (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
    asof_date date NOT NULL,
    policy text NOT NULL CHECK (length(policy) BETWEEN 1 AND 64),
    revision bigint NOT NULL CHECK (revision >= 0),
    hash text,
    superseded_by text REFERENCES pricing_packs (id),
    sources_json jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('warming', 'fresh', 'error')),
    is_fresh boolean NOT NULL,
    prewarm_done boolean NOT NULL,
    reconciliation_passed boolean NOT NULL,
    reconciliation_failed boolean NOT NULL,
    reconciliation_error_bps numeric,
    error_message text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (is_fresh = (status = 'fresh')),
    CHECK ((status = 'warming') = (hash IS NULL)),
    CHECK (NOT (reconciliation_passed AND reconciliation_failed))
);
CREATE INDEX pricing_packs_asof_idx ON pricing_packs (asof_date DESC);
CREATE INDEX pricing_packs_fresh_idx ON pricing_packs (asof_date DESC) WHERE is_fresh;
CREATE UNIQUE INDEX pricing_packs_current_key ON pricing_packs (asof_date, policy)
WHERE superseded_by IS NULL;
CREATE INDEX pricing_packs_superseded_idx ON pricing_packs (superseded_by)
WHERE superseded_by IS NOT NULL;
CREATE TABLE prices (
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    security_id uuid NOT NULL REFERENCES securities (id),
    close numeric NOT NULL CHECK (close > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    open numeric CHECK (open IS NULL OR (open > 0)),
    high numeric CHECK (high IS NULL OR (high > 0)),
    low numeric CHECK (low IS NULL OR (low > 0)),
    volume numeric CHECK (volume IS NULL OR (volume >= 0)),
    source text NOT NULL,
    adjustment text NOT NULL CHECK (adjustment IN ('raw', 'split', 'total_return')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (pack_id, security_id)
);
CREATE INDEX prices_security_idx ON prices (security_id);
CREATE TABLE fx_rates (
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    base text NOT NULL CHECK (length(base) = 3),
    quote text NOT NULL CHECK (length(quote) = 3 AND quote <> base),
    rate numeric NOT NULL CHECK (rate > 0),
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (pack_id, base, quote)
);
ALTER TABLE pricing_packs ADD CONSTRAINT pricing_packs_reconciliation_check CHECK (
(NOT reconciliation_passed OR reconciliation_error_bps <= 1)
AND (NOT reconciliation_failed OR reconciliation_error_bps IS NULL
    OR reconciliation_error_bps > 1));
CREATE FUNCTION refuse_frozen_content() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched text := CASE WHEN TG_OP = 'DELETE' THEN OLD.pack_id ELSE NEW.pack_id END;
    current_status text;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.pack_id <> NEW.pack_id THEN
        RAISE EXCEPTION 'a row cannot move from one pricing pack to another';
    END IF;
    SELECT status INTO current_status FROM pricing_packs WHERE id = touched FOR SHARE;
    IF current_status <> 'warming' THEN
        RAISE EXCEPTION 'the content of pricing pack % is frozen', touched;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE FUNCTION refuse_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the content of pricing packs is frozen';
END $$;
CREATE FUNCTION refuse_frozen_pack_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'warming' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'pricing pack % is frozen and cannot be deleted', OLD.id;
    END IF;
    IF NEW.status = 'warming' OR NEW.id <> OLD.id OR NEW.asof_date <> OLD.asof_date
        OR NEW.policy <> OLD.policy OR NEW.revision <> OLD.revision
        OR NEW.hash <> OLD.hash THEN
        RAISE EXCEPTION 'the content of pricing pack % is frozen', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION refuse_priced_symbol_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.symbol <> OLD.symbol
        AND EXISTS (SELECT 1 FROM prices WHERE security_id = OLD.id) THEN
        RAISE EXCEPTION 'the symbol % is part of pricing packs and stays', OLD.symbol;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER securities_priced_symbol BEFORE UPDATE ON securities
FOR EACH ROW EXECUTE FUNCTION refuse_priced_symbol_change();
CREATE TRIGGER prices_frozen BEFORE INSERT OR UPDATE OR DELETE ON prices
FOR EACH ROW EXECUTE FUNCTION refuse_frozen_content();
CREATE TRIGGER fx_rates_frozen BEFORE INSERT OR UPDATE OR DELETE ON fx_rates
FOR EACH ROW EXECUTE FUNCTION refuse_frozen_content();
CREATE TRIGGER prices_truncate BEFORE TRUNCATE ON prices
FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncation();
CREATE TRIGGER fx_rates_truncate BEFORE TRUNCATE ON fx_rates
FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncation();
CREATE TRIGGER pricing_packs_frozen BEFORE UPDATE OR DELETE ON pricing_packs
FOR EACH ROW EXECUTE FUNCTION refuse_frozen_pack_change();
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000003_pricing', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000003_pricing');
COMMIT;

-- up: m20261121_000004_executions
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000004_executions', 'up', '7841f205b59dd4edbd4e3c5b49ca0239c71dca0ab26eb544f70422265c3593ec', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE executions (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    portfolio_id uuid,
    pattern_id text NOT NULL,
    actor text NOT NULL,
    inputs jsonb NOT NULL,
    inputs_hash text NOT NULL,
    asof_date date NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    pack_hash text NOT NULL,
    ledger_commit_hash text,
    books_revision bigint NOT NULL CHECK (books_revision >= 0),
    engine_version text NOT NULL,
    result_hash text NOT NULL,
    result jsonb NOT NULL,
    warnings jsonb NOT NULL,
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    replay_of uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, replay_of) REFERENCES executions (user_id, id)
        ON DELETE CASCADE
);
CREATE INDEX executions_portfolio_idx ON executions (user_id, portfolio_id);
CREATE INDEX executions_pack_idx ON executions (pack_id);
CREATE INDEX executions_replay_idx ON executions (user_id, replay_of)
WHERE replay_of IS NOT NULL;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000004_executions', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000004_executions');
COMMIT;

-- up: m20261121_000005_idempotency
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000005_idempotency', 'up', 'b2f24cd7b59bc9ddd1f435d357cad9cbafd559f4818cd4ed40281b435edf5c08', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users (id),
    method text NOT NULL,
    path text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash text NOT NULL,
    status bigint NOT NULL CHECK (status BETWEEN 100 AND 599),
    response text NOT NULL,
    headers jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, method, path, key)
);
CREATE INDEX idempotency_keys_expiry_idx ON idempotency_keys (expires_at);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000005_idempotency', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000005_idempotency');
COMMIT;

-- up: m20261121_000006_roles
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000006_roles', 'up', '93bf23f7d5ece5d0de672abc47726d316aa8f8df7c0d5665351b3f5c67944adb', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
DO $$
DECLARE
    missing text[] := ARRAY(
        SELECT name FROM unnest(ARRAY['tallystick_app', 'tallystick_readonly', 'tallystick_admin'])
            AS name
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name));
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY missing LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION USING
                    ERRCODE = 'insufficient_privilege',
                    MESSAGE = format(
                        'the server lacks the roles %s, and %I may not make them; nothing was '
                        'changed. Let an administrator run this SQL, then migrate again: %s',
                        array_to_string(missing, ', '), current_user,
                        (SELECT string_agg(
                            format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS;', role), ' ')
                            FROM unnest(missing) AS role));
        END;
    END LOOP;
END $$;
DO $$
BEGIN
    EXECUTE format(
        'GRANT USAGE ON SCHEMA %I TO tallystick_app, tallystick_readonly, tallystick_admin',
        current_schema());
END $$;
GRANT SELECT ON seaql_migrations, tallystick_history
TO tallystick_app, tallystick_readonly, tallystick_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO tallystick_app, tallystick_admin;
GRANT SELECT ON users TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON securities TO tallystick_app, tallystick_admin;
GRANT SELECT ON securities TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolios TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolios TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON transactions TO tallystick_app, tallystick_admin;
GRANT SELECT ON transactions TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON lots TO tallystick_app, tallystick_admin;
GRANT SELECT ON lots TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON lot_closures TO tallystick_app, tallystick_admin;
GRANT SELECT ON lot_closures TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_cash_flows TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolio_cash_flows TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO tallystick_app, tallystick_admin;
GRANT SELECT ON imports TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON pricing_packs TO tallystick_app, tallystick_admin;
GRANT SELECT ON pricing_packs TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON prices TO tallystick_app, tallystick_admin;
GRANT SELECT ON prices TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON fx_rates TO tallystick_app, tallystick_admin;
GRANT SELECT ON fx_rates TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON executions TO tallystick_app, tallystick_admin;
GRANT SELECT ON executions TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO tallystick_app, tallystick_admin;
GRANT SELECT ON idempotency_keys TO tallystick_readonly;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000006_roles', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000006_roles');
COMMIT;

-- up: m20261121_000007_contract_row_security
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000007_contract_row_security', 'up', '8afa565571e53451a93cf27c77df842ff99c88800f11e26ffc2dd0b6ae0bbeff', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolios TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolios TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON transactions TO tallystick_app, tallystick_admin;
GRANT SELECT ON transactions TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON lots TO tallystick_app, tallystick_admin;
GRANT SELECT ON lots TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON lot_closures TO tallystick_app, tallystick_admin;
GRANT SELECT ON lot_closures TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_cash_flows TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolio_cash_flows TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO tallystick_app, tallystick_admin;
GRANT SELECT ON imports TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON executions TO tallystick_app, tallystick_admin;
GRANT SELECT ON executions TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO tallystick_app, tallystick_admin;
GRANT SELECT ON idempotency_keys TO tallystick_readonly;
ALTER TABLE portfolios ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolios FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON portfolios FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON portfolios FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE transactions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON transactions FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON transactions FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE lots ENABLE ROW LEVEL SECURITY;
ALTER TABLE lots FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON lots FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON lots FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE lot_closures ENABLE ROW LEVEL SECURITY;
ALTER TABLE lot_closures FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON lot_closures FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON lot_closures FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE portfolio_cash_flows ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio_cash_flows FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON portfolio_cash_flows FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON portfolio_cash_flows FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
ALTER TABLE imports FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON imports FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON imports FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE executions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON executions FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON executions FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON idempotency_keys FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000007_contract_row_security', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000007_contract_row_security');
COMMIT;

-- up: m20261121_000008_series
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000008_series', 'up', '55f1e9e3b889e95ffd532448f85006bcde25de0f3a385fcd8d037ae24b11c863', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE portfolio_daily_values (
    user_id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    valuation_date date NOT NULL,
    total_value numeric NOT NULL,
    cash numeric NOT NULL,
    positions_value numeric NOT NULL,
    net_external_flow numeric NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, valuation_date),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
)  PARTITION BY RANGE (valuation_date);
CREATE TABLE portfolio_metrics (
    user_id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    asof_date date NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    twr_1d numeric,
    twr_mtd numeric,
    twr_qtd numeric,
    twr_ytd numeric,
    twr_1y numeric,
    twr_3y numeric,
    twr_5y numeric,
    twr_inception numeric,
    mwr_ytd numeric,
    mwr_1y numeric,
    mwr_3y numeric,
    mwr_inception numeric,
    volatility_30d numeric CHECK (volatility_30d IS NULL OR (volatility_30d >= 0)),
    volatility_90d numeric CHECK (volatility_90d IS NULL OR (volatility_90d >= 0)),
    volatility_1y numeric CHECK (volatility_1y IS NULL OR (volatility_1y >= 0)),
    sharpe_30d numeric,
    sharpe_90d numeric,
    sharpe_1y numeric,
    sortino_30d numeric,
    sortino_90d numeric,
    sortino_1y numeric,
    max_drawdown_1y numeric,
    max_drawdown_3y numeric,
    current_drawdown numeric,
    alpha_1y numeric,
    beta_1y numeric,
    tracking_error_1y numeric
        CHECK (tracking_error_1y IS NULL OR (tracking_error_1y >= 0)),
    information_ratio_1y numeric,
    win_rate numeric CHECK (win_rate IS NULL OR (win_rate >= 0)),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, asof_date, pack_id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
)  PARTITION BY RANGE (asof_date);
CREATE INDEX portfolio_metrics_pack_idx ON portfolio_metrics (pack_id);
CREATE TABLE currency_attribution (
    user_id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    asof_date date NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    local_return numeric NOT NULL,
    fx_return numeric NOT NULL,
    interaction_return numeric NOT NULL,
    total_return numeric NOT NULL,
    error_bps numeric,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, asof_date, pack_id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
)  PARTITION BY RANGE (asof_date);
CREATE INDEX currency_attribution_pack_idx ON currency_attribution (pack_id);
-- allow(unreadable): it remakes only the tables that were made just above, which hold nothing yet
DO $$
DECLARE
    series record;
BEGIN
    IF coalesce(current_setting('tallystick.timescale', true), 'off') <> 'on' THEN
        RETURN;
    END IF;
    -- The new foreign keys are checked by queries that row security binds; there are no rows yet.
    PERFORM set_config('row_security', 'on', true);
    FOR series IN
        SELECT * FROM (VALUES
            ('portfolio_daily_values', 'valuation_date'),
            ('portfolio_metrics', 'asof_date'),
            ('currency_attribution', 'asof_date')
        ) AS series (name, day)
    LOOP
        EXECUTE format('CREATE TABLE series_of_days (LIKE %I INCLUDING ALL)', series.name);
        EXECUTE format('DROP TABLE %I', series.name);
        EXECUTE format('ALTER TABLE series_of_days RENAME TO %I', series.name);
        EXECUTE format('ALTER INDEX series_of_days_pkey RENAME TO %I', series.name || '_pkey');
        EXECUTE format(
            'ALTER TABLE %I ADD FOREIGN KEY (user_id, portfolio_id)
                REFERENCES portfolios (user_id, id) ON DELETE CASCADE',
            series.name);
        IF series.day = 'asof_date' THEN
            EXECUTE format(
                'ALTER INDEX series_of_days_pack_id_idx RENAME TO %I',
                series.name || '_pack_idx');
            EXECUTE format(
                'ALTER TABLE %I ADD FOREIGN KEY (pack_id) REFERENCES pricing_packs (id)',
                series.name);
        END IF;
        EXECUTE format(
            'SELECT create_hypertable(%L, %L, chunk_time_interval => interval ''1 year'')',
            series.name, series.day);
    END LOOP;
    PERFORM set_config('row_security', 'off', true);
END $$;
CREATE FUNCTION make_year_partitions(first_year bigint, last_year bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET row_security = on SET lock_timeout = '500ms' AS $$
DECLARE
    home text := current_schema();
    oldest text;
    series text;
    partition text;
    made bigint := 0;
BEGIN
    IF last_year > extract(year FROM current_date) + 5 THEN
        RAISE EXCEPTION 'partitions are made 5 years ahead at most, not for %', last_year;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext(home || '.make_year_partitions'));
    FOR series IN
        SELECT relname FROM pg_class
        WHERE relnamespace = quote_ident(home)::regnamespace AND relkind = 'p'
            AND relname IN ('portfolio_daily_values', 'portfolio_metrics', 'currency_attribution')
        ORDER BY relname
    LOOP
        oldest := series || '_before_2015';
        IF to_regclass(format('%I.%I', home, oldest)) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES FROM (MINVALUE) TO (%4$L)',
                home, oldest, series, '2015-01-01');
            EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, oldest);
            EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', home, oldest);
            made := made + 1;
        END IF;
        FOR year IN greatest(first_year, 2015)..last_year LOOP
            partition := series || '_' || year;
            CONTINUE WHEN to_regclass(format('%I.%I', home, partition)) IS NOT NULL;
            EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL)', home, partition, series);
            EXECUTE format(
                'ALTER TABLE %1$I.%3$I ATTACH PARTITION %1$I.%2$I FOR VALUES FROM (%4$L) TO (%5$L)',
                home, partition, series, make_date(year::int, 1, 1), make_date(year::int + 1, 1, 1));
            EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', home, partition);
            EXECUTE format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', home, partition);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION make_year_partitions(bigint, bigint) SET search_path = %I, pg_temp',
        current_schema());
END $$;
REVOKE ALL ON FUNCTION make_year_partitions(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_year_partitions(bigint, bigint)
TO tallystick_app, tallystick_admin;
SELECT make_year_partitions(2015, extract(year FROM current_date)::bigint + 1);
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_daily_values TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolio_daily_values TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_metrics TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolio_metrics TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON currency_attribution TO tallystick_app, tallystick_admin;
GRANT SELECT ON currency_attribution TO tallystick_readonly;
ALTER TABLE portfolio_daily_values ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio_daily_values FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON portfolio_daily_values FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON portfolio_daily_values FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE portfolio_metrics ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio_metrics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON portfolio_metrics FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON portfolio_metrics FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE currency_attribution ENABLE ROW LEVEL SECURITY;
ALTER TABLE currency_attribution FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON currency_attribution FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON currency_attribution FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000008_series', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000008_series');
COMMIT;

-- up: m20261121_000009_accounts
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000009_accounts', 'up', 'f0e177d5e2516b871a012d8935550b8071dae6fa430bf61d1024b129254e159d', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE users ADD COLUMN session_version bigint NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN default_portfolio_id uuid;
ALTER TABLE users ADD COLUMN last_login_at timestamptz;
-- allow(grants): who only reads has no business with password hashes
CREATE TABLE credentials (
    owner_user_id uuid PRIMARY KEY REFERENCES users (id),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- allow(grants): who only reads has no business with attempts to log in
CREATE TABLE login_throttles (
    subject text PRIMARY KEY,
    failures bigint NOT NULL CHECK (failures >= 0),
    locked_until timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX login_throttles_age_idx ON login_throttles (updated_at);
-- allow(grants): who only reads has no business with tokens
CREATE TABLE api_tokens (
    id uuid PRIMARY KEY,
    owner_user_id uuid NOT NULL REFERENCES users (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    prefix text NOT NULL,
    token_hash text NOT NULL,
    scopes jsonb NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT api_tokens_hash_key UNIQUE (token_hash)
);
CREATE INDEX api_tokens_owner_idx ON api_tokens (owner_user_id, id);
-- allow(grants): who only reads has no business with tokens
CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY,
    owner_user_id uuid NOT NULL REFERENCES users (id),
    family_id uuid NOT NULL,
    token_hash text NOT NULL,
    session_version bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    rotated_to uuid REFERENCES refresh_tokens (id) ON DELETE SET NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT refresh_tokens_hash_key UNIQUE (token_hash)
);
CREATE INDEX refresh_tokens_owner_idx ON refresh_tokens (owner_user_id);
CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_rotated_idx ON refresh_tokens (rotated_to)
WHERE rotated_to IS NOT NULL;
CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at);
CREATE TABLE portfolio_shares (
    owner_user_id uuid NOT NULL REFERENCES users (id),
    portfolio_id uuid NOT NULL,
    grantee_user_id uuid NOT NULL REFERENCES users (id),
    permission text NOT NULL CHECK (permission IN ('read', 'trade')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (owner_user_id, portfolio_id, grantee_user_id),
    CHECK (grantee_user_id <> owner_user_id)
);
CREATE INDEX portfolio_shares_grantee_idx
ON portfolio_shares (grantee_user_id, portfolio_id);
CREATE TABLE audit_log (
    seq bigint PRIMARY KEY CHECK (seq >= 1),
    at timestamptz NOT NULL,
    actor_user_id uuid,
    actor_kind text NOT NULL
        CHECK (actor_kind IN ('user', 'token', 'producer', 'operator', 'system', 'anonymous')),
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id text,
    details jsonb NOT NULL,
    ip text,
    user_agent text,
    request_id text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
    prev_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_log_prev_hash_key UNIQUE (prev_hash),
    CONSTRAINT audit_log_hash_key UNIQUE (hash)
);
CREATE INDEX audit_log_actor_idx ON audit_log (actor_user_id, seq);
CREATE INDEX audit_log_resource_idx ON audit_log (resource_type, resource_id, seq);
CREATE TABLE audit_heads (
    id bigint PRIMARY KEY CHECK (id = 1),
    seq bigint NOT NULL CHECK (seq >= 0),
    hash text NOT NULL
);
INSERT INTO audit_heads (id, seq, hash) VALUES (1, 0,
'0000000000000000000000000000000000000000000000000000000000000000');
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_truncate BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
GRANT SELECT, INSERT, UPDATE, DELETE
ON credentials, login_throttles, api_tokens, refresh_tokens
TO tallystick_app, tallystick_admin;
GRANT SELECT, INSERT ON audit_log TO tallystick_app;
GRANT SELECT ON audit_log TO tallystick_readonly, tallystick_admin;
GRANT SELECT, UPDATE ON audit_heads TO tallystick_app;
GRANT SELECT ON audit_heads TO tallystick_readonly, tallystick_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_shares TO tallystick_app, tallystick_admin;
GRANT SELECT ON portfolio_shares TO tallystick_readonly;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000009_accounts', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000009_accounts');
COMMIT;

-- up: m20261121_000010_threads
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000010_threads', 'up', '718e73491868e946e7b3a926012a02aea82e326b3bf48ab525b86c69786d72af', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE threads (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    platform text NOT NULL CHECK (length(platform) BETWEEN 1 AND 50),
    chat_id text NOT NULL CHECK (length(chat_id) BETWEEN 1 AND 255),
    title text CHECK (title IS NULL OR length(title) BETWEEN 1 AND 200),
    state text NOT NULL CHECK (state IN ('idle', 'busy', 'interrupted', 'error')),
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT threads_chat_key UNIQUE (user_id, platform, chat_id)
);
CREATE TABLE messages (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    thread_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    platform_message_id text CHECK (
        platform_message_id IS NULL OR length(platform_message_id) BETWEEN 1 AND 255),
    role text NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
    author text CHECK (author IS NULL OR length(author) BETWEEN 1 AND 255),
    text text NOT NULL,
    raw_payload text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT messages_seq_key UNIQUE (user_id, thread_id, seq),
    FOREIGN KEY (user_id, thread_id) REFERENCES threads (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX messages_platform_key
ON messages (user_id, thread_id, platform_message_id)
WHERE platform_message_id IS NOT NULL;
CREATE TABLE artifacts (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('voice_transcript', 'image_json', 'ocr_text',
        'file_meta', 'tool_result', 'signal')),
    content_json jsonb,
    uri text CHECK (uri IS NULL OR length(uri) BETWEEN 1 AND 2000),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, message_id) REFERENCES messages (user_id, id) ON DELETE CASCADE
);
CREATE INDEX artifacts_message_idx ON artifacts (user_id, message_id);
CREATE TABLE received_webhooks (
    producer text NOT NULL CHECK (length(producer) BETWEEN 1 AND 64),
    message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 255),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (producer, message_id)
);
CREATE INDEX received_webhooks_age_idx ON received_webhooks (received_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON received_webhooks TO tallystick_app, tallystick_admin;
GRANT SELECT ON received_webhooks TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON threads TO tallystick_app, tallystick_admin;
GRANT SELECT ON threads TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO tallystick_app, tallystick_admin;
GRANT SELECT ON messages TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON artifacts TO tallystick_app, tallystick_admin;
GRANT SELECT ON artifacts TO tallystick_readonly;
ALTER TABLE threads ENABLE ROW LEVEL SECURITY;
ALTER TABLE threads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON threads FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON threads FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON messages FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON messages FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE artifacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifacts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON artifacts FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON artifacts FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000010_threads', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000010_threads');
COMMIT;

-- up: m20261121_000011_recording
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000011_recording', 'up', '605e4601acfd0d378097c15be65067c90c11b5be7e7ff3e18a456465ba67e229', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE portfolios ADD COLUMN is_recorded boolean NOT NULL DEFAULT false;
ALTER TABLE portfolios ADD COLUMN allows_shorts boolean NOT NULL DEFAULT false;
ALTER TABLE transactions ADD COLUMN sequence bigint NOT NULL DEFAULT 0;
ALTER TABLE transactions ADD COLUMN terms jsonb;
ALTER TABLE transactions ADD COLUMN voided_revision bigint;
ALTER TABLE lots ADD COLUMN sequence bigint NOT NULL DEFAULT 0;
ALTER TABLE lots ADD COLUMN ordinal bigint NOT NULL DEFAULT 0;
ALTER TABLE lots ADD COLUMN opened_on date;
ALTER TABLE lots ADD COLUMN cost_basis_base numeric;
ALTER TABLE lots ADD COLUMN superseded_revision bigint;
ALTER TABLE lot_closures ADD COLUMN security_id uuid;
ALTER TABLE lot_closures ADD COLUMN proceeds_base numeric;
ALTER TABLE lot_closures ADD COLUMN cost_basis_base numeric;
ALTER TABLE lot_closures ADD COLUMN carried_basis numeric NOT NULL DEFAULT '0';
ALTER TABLE lot_closures ADD COLUMN realized_gain_base numeric;
ALTER TABLE lot_closures ADD COLUMN superseded_revision bigint;
ALTER TABLE portfolio_cash_flows ADD COLUMN superseded_revision bigint;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000011_recording', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000011_recording');
COMMIT;

-- up: m20261121_000012_restatements
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000012_restatements', 'up', 'a5eeeddf588d415753d2c573d328fc4ef756ad8bced8947646922f7fdf6a1394', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE pricing_packs ADD COLUMN restates text;
ALTER TABLE pricing_packs ADD COLUMN restatement_reason text;
ALTER TABLE pricing_packs ADD CONSTRAINT pricing_packs_restatement_check CHECK (
    (restates IS NULL) = (restatement_reason IS NULL)
    AND (restates IS NULL OR restates <> id)
    AND (restatement_reason IS NULL OR length(restatement_reason) BETWEEN 1 AND 2000)
) NOT VALID;
CREATE FUNCTION refuse_pack_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'warming' AND (
        OLD.superseded_by IS NOT NULL AND NEW.superseded_by IS DISTINCT FROM OLD.superseded_by
        OR NEW.restates IS DISTINCT FROM OLD.restates
        OR NEW.restatement_reason IS DISTINCT FROM OLD.restatement_reason
    ) THEN
        RAISE EXCEPTION 'which pack pricing pack % restates or is superseded by is for good', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pricing_packs_history BEFORE UPDATE ON pricing_packs
FOR EACH ROW EXECUTE FUNCTION refuse_pack_history_change();
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000012_restatements', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000012_restatements');
COMMIT;

-- up: m20261121_000013_reconciliations
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000013_reconciliations', 'up', '10d1f357a21dac41d5d94285fe068cc82d0c7bf1a24a8f48c69a6bcb09b6c0b4', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE pricing_packs ADD COLUMN reconciled_hash text;
CREATE TABLE reconciliations (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    portfolio_id uuid NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    pack_hash text NOT NULL,
    asof_date date NOT NULL,
    ledger_commit_hash text,
    ledger_hash text NOT NULL,
    accounts jsonb NOT NULL,
    books_revision bigint NOT NULL CHECK (books_revision >= 0),
    engine_version text NOT NULL,
    passed boolean NOT NULL,
    error_bps numeric,
    difference_count bigint NOT NULL CHECK (difference_count >= 0),
    differences jsonb NOT NULL,
    first_difference jsonb,
    left_out jsonb NOT NULL,
    is_in_pack boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    CHECK (passed = (difference_count = 0)),
    CHECK (NOT passed OR error_bps IS NOT NULL)
);
CREATE INDEX reconciliations_portfolio_idx ON reconciliations (user_id, portfolio_id, id);
CREATE INDEX reconciliations_pack_idx ON reconciliations (pack_id);
ALTER TABLE reconciliations ADD CONSTRAINT reconciliations_error_check
CHECK (error_bps IS NULL OR error_bps >= 0 AND (NOT passed OR error_bps <= 1));
GRANT SELECT, INSERT, UPDATE, DELETE ON reconciliations TO tallystick_app, tallystick_admin;
GRANT SELECT ON reconciliations TO tallystick_readonly;
ALTER TABLE reconciliations ENABLE ROW LEVEL SECURITY;
ALTER TABLE reconciliations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON reconciliations FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON reconciliations FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000013_reconciliations', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000013_reconciliations');
COMMIT;

-- up: m20261121_000014_pack_builds
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000014_pack_builds', 'up', '2fa7a74ed3fd1e9f54a4ba74387ff0d734e4fad8e2dfbaaceefbc9f0fe1268cd', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE pack_build_steps (
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    seq bigint NOT NULL CHECK (seq > 0),
    step text NOT NULL CHECK (step IN ('build', 'reconcile', 'metrics', 'prewarm', 'fresh',
        'alerts')),
    attempt bigint NOT NULL CHECK (attempt > 0),
    outcome text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'skipped')),
    detail jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((outcome = 'running') = (finished_at IS NULL)),
    PRIMARY KEY (pack_id, seq),
    CONSTRAINT pack_build_steps_attempt_key UNIQUE (pack_id, step, attempt)
);
CREATE UNIQUE INDEX pack_build_steps_running_key ON pack_build_steps (pack_id)
WHERE outcome = 'running';
GRANT SELECT, INSERT, UPDATE, DELETE ON pack_build_steps TO tallystick_app, tallystick_admin;
GRANT SELECT ON pack_build_steps TO tallystick_readonly;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000014_pack_builds', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000014_pack_builds');
COMMIT;

-- up: m20261121_000015_gains
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000015_gains', 'up', '25d34bf8a9b92cf74541c2505a621cbcb9f730cc5efef6622beabece6740d833', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE portfolios ADD COLUMN former_rules jsonb;
ALTER TABLE transactions ADD COLUMN counter_portfolio_id uuid;
ALTER TABLE transactions ADD COLUMN counter_transaction_id uuid;
ALTER TABLE transactions ADD COLUMN received_lots jsonb;
ALTER TABLE portfolio_cash_flows ADD COLUMN counter_portfolio_id uuid;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000015_gains', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000015_gains');
COMMIT;

-- up: m20261121_000016_jobs
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000016_jobs', 'up', '27a51c76eb9058799b65c6dbd5b8b9c3789c4ae0cd9daefab70fc39b6593b334', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE job_queues (
    thread_id uuid PRIMARY KEY,
    owner_user_id uuid NOT NULL REFERENCES users (id),
    max_running bigint NOT NULL DEFAULT 1 CHECK (max_running BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX job_queues_owner_idx ON job_queues (owner_user_id, thread_id);
CREATE TABLE job_schedules (
    id uuid PRIMARY KEY,
    owner_user_id uuid NOT NULL REFERENCES users (id),
    thread_id uuid NOT NULL REFERENCES job_queues (thread_id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    cron text NOT NULL CHECK (length(cron) BETWEEN 1 AND 200),
    timezone text NOT NULL CHECK (length(timezone) BETWEEN 1 AND 64),
    mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer')),
    payload_json jsonb NOT NULL,
    priority bigint NOT NULL CHECK (priority BETWEEN 0 AND 9),
    max_attempts bigint NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
    is_active boolean NOT NULL,
    next_run_at timestamptz NOT NULL,
    last_run_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT job_schedules_name_key UNIQUE (owner_user_id, name)
);
CREATE INDEX job_schedules_thread_idx ON job_schedules (thread_id);
CREATE INDEX job_schedules_due_idx ON job_schedules (next_run_at) WHERE is_active;
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    owner_user_id uuid NOT NULL REFERENCES users (id),
    thread_id uuid NOT NULL REFERENCES job_queues (thread_id),
    trigger_message_id uuid,
    mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer', 'deliver')),
    status text NOT NULL CHECK (status IN ('queued', 'running', 'awaiting_approval', 'done',
        'failed', 'canceled')),
    is_next boolean NOT NULL,
    payload_json jsonb NOT NULL,
    result_json jsonb,
    error text,
    priority bigint NOT NULL CHECK (priority BETWEEN 0 AND 9),
    run_at timestamptz NOT NULL,
    attempt bigint NOT NULL CHECK (attempt >= 0),
    max_attempts bigint NOT NULL CHECK (max_attempts >= 1),
    lease_token uuid,
    lease_expires_at timestamptz,
    worker text CHECK (worker IS NULL OR length(worker) BETWEEN 1 AND 200),
    idempotency_key text CHECK (
        idempotency_key IS NULL OR length(idempotency_key) BETWEEN 1 AND 255),
    schedule_id uuid REFERENCES job_schedules (id) ON DELETE SET NULL,
    started_at timestamptz,
    finished_at timestamptz,
    cancel_requested_at timestamptz,
    approval_due_at timestamptz,
    event_seq bigint NOT NULL CHECK (event_seq >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (attempt <= max_attempts),
    CHECK ((status = 'running') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    CHECK (status NOT IN ('done', 'failed', 'canceled') OR finished_at IS NOT NULL),
    CHECK (status = 'queued' OR NOT is_next)
);
CREATE INDEX jobs_next_idx ON jobs (priority DESC, run_at, id)
WHERE status = 'queued' AND is_next;
CREATE INDEX jobs_owner_next_idx ON jobs (owner_user_id, priority DESC, run_at, id)
WHERE status = 'queued' AND is_next;
CREATE INDEX jobs_queued_idx ON jobs (thread_id, priority DESC, run_at, id)
WHERE status = 'queued';
CREATE INDEX jobs_running_idx ON jobs (thread_id) WHERE status = 'running';
CREATE INDEX jobs_lease_idx ON jobs (lease_expires_at) WHERE status = 'running';
CREATE INDEX jobs_approval_idx ON jobs (approval_due_at) WHERE approval_due_at IS NOT NULL;
CREATE INDEX jobs_owner_idx ON jobs (owner_user_id, id);
CREATE INDEX jobs_thread_idx ON jobs (thread_id, id);
CREATE INDEX jobs_schedule_idx ON jobs (schedule_id) WHERE schedule_id IS NOT NULL;
CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (thread_id, idempotency_key)
WHERE idempotency_key IS NOT NULL;
CREATE TABLE job_events (
    job_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('enqueued', 'claimed', 'completed', 'retried',
        'failed', 'lease_expired', 'exhausted', 'cancel_requested', 'canceled', 'parked',
        'resumed', 'refused', 'redriven')),
    details jsonb NOT NULL,
    PRIMARY KEY (job_id, seq)
);
CREATE TABLE stream_events (
    thread_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),
    owner_user_id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('message', 'job', 'approval', 'artifact')),
    data_json jsonb NOT NULL,
    PRIMARY KEY (thread_id, seq)
);
CREATE TABLE paused_job_modes (
    owner_user_id uuid NOT NULL REFERENCES users (id),
    mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer', 'deliver')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner_user_id, mode)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON job_queues TO tallystick_app, tallystick_admin;
GRANT SELECT ON job_queues TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON job_schedules TO tallystick_app, tallystick_admin;
GRANT SELECT ON job_schedules TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO tallystick_app, tallystick_admin;
GRANT SELECT ON jobs TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON job_events TO tallystick_app, tallystick_admin;
GRANT SELECT ON job_events TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON stream_events TO tallystick_app, tallystick_admin;
GRANT SELECT ON stream_events TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON paused_job_modes TO tallystick_app, tallystick_admin;
GRANT SELECT ON paused_job_modes TO tallystick_readonly;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000016_jobs', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000016_jobs');
COMMIT;

-- up: m20261121_000017_tokens
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000017_tokens', 'up', '1c9fbca5b3f277842edae0b8dc8b4e73ad7ce67fea420196351eb344ffd39cbf', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE token_usage (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('proactive', 'reactive')),
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    model text CHECK (model IS NULL OR length(model) BETWEEN 1 AND 200),
    operation text NOT NULL CHECK (operation IN ('chat', 'generate_content',
        'text_completion', 'embeddings')),
    request_id text CHECK (request_id IS NULL OR length(request_id) BETWEEN 1 AND 255),
    thread_id uuid,
    job_id uuid,
    input_tokens bigint NOT NULL CHECK (input_tokens BETWEEN 0 AND 1000000000),
    cached_input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL CHECK (output_tokens BETWEEN 0 AND 1000000000),
    reasoning_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cost_amount numeric CHECK (cost_amount IS NULL OR (cost_amount >= 0)),
    cost_currency text,
    computed_cost_amount numeric
        CHECK (computed_cost_amount IS NULL OR (computed_cost_amount >= 0)),
    computed_cost_currency text,
    price_valid_from date,
    meta_json jsonb NOT NULL,
    used_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CHECK (cached_input_tokens BETWEEN 0 AND input_tokens),
    CHECK (reasoning_tokens BETWEEN 0 AND output_tokens),
    CHECK (total_tokens = input_tokens + output_tokens),
    CHECK ((cost_amount IS NULL) = (cost_currency IS NULL)),
    CHECK ((computed_cost_amount IS NULL) = (computed_cost_currency IS NULL)),
    CHECK ((computed_cost_amount IS NULL) = (price_valid_from IS NULL))
);
CREATE UNIQUE INDEX token_usage_request_key ON token_usage (user_id, provider, request_id)
WHERE request_id IS NOT NULL;
CREATE INDEX token_usage_time_idx ON token_usage (user_id, used_at, scope, total_tokens);
CREATE INDEX token_usage_thread_idx ON token_usage (user_id, thread_id, id)
WHERE thread_id IS NOT NULL;
CREATE INDEX token_usage_job_idx ON token_usage (user_id, job_id, id)
WHERE job_id IS NOT NULL;
CREATE TABLE token_budgets (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('proactive', 'reactive', 'all')),
    period text NOT NULL CHECK (period IN ('day', 'week', 'month')),
    unit text NOT NULL CHECK (unit = 'tokens' OR length(unit) = 3),
    hard_limit numeric NOT NULL CHECK (hard_limit >= 0),
    soft_limit numeric CHECK (soft_limit IS NULL OR (soft_limit >= 0)),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT token_budgets_key UNIQUE (user_id, scope, period, unit)
);
CREATE TABLE token_reservations (
    user_id uuid NOT NULL REFERENCES users (id),
    id uuid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('proactive', 'reactive')),
    estimated_tokens bigint NOT NULL CHECK (estimated_tokens BETWEEN 0 AND 2000000000),
    estimated_cost numeric
        CHECK (estimated_cost IS NULL OR (estimated_cost >= 0)),
    cost_currency text,
    status text NOT NULL CHECK (status IN ('open', 'settled', 'released')),
    usage_id uuid,
    expires_at timestamptz NOT NULL,
    closed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, usage_id) REFERENCES token_usage (user_id, id),
    CHECK ((estimated_cost IS NULL) = (cost_currency IS NULL)),
    CHECK ((status = 'open') = (closed_at IS NULL)),
    CHECK ((status = 'settled') = (usage_id IS NOT NULL))
);
CREATE INDEX token_reservations_usage_idx ON token_reservations (user_id, usage_id);
CREATE INDEX token_reservations_expiry_idx ON token_reservations (user_id, expires_at);
CREATE TABLE deployments (
    id uuid NOT NULL PRIMARY KEY,
    git_sha text NOT NULL CHECK (length(git_sha) BETWEEN 7 AND 64),
    branch text NOT NULL CHECK (length(branch) BETWEEN 1 AND 255),
    status text NOT NULL CHECK (status IN ('building', 'testing', 'deploying', 'healthy',
        'rolled_back', 'failed')),
    trigger text NOT NULL CHECK (length(trigger) BETWEEN 1 AND 100),
    deployed_by text NOT NULL CHECK (length(deployed_by) BETWEEN 1 AND 255),
    report_text text,
    rollback_reason text CHECK (
        rollback_reason IS NULL OR length(rollback_reason) BETWEEN 1 AND 2000),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((status IN ('healthy', 'rolled_back', 'failed')) = (finished_at IS NOT NULL)),
    CHECK ((status = 'rolled_back') = (rollback_reason IS NOT NULL))
);
CREATE INDEX deployments_branch_idx ON deployments (branch, id);
ALTER TABLE token_budgets ADD CONSTRAINT token_budgets_order_check
CHECK (soft_limit IS NULL OR soft_limit <= hard_limit);
GRANT SELECT, INSERT, UPDATE, DELETE ON deployments TO tallystick_app, tallystick_admin;
GRANT SELECT ON deployments TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_usage TO tallystick_app, tallystick_admin;
GRANT SELECT ON token_usage TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_budgets TO tallystick_app, tallystick_admin;
GRANT SELECT ON token_budgets TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_reservations TO tallystick_app, tallystick_admin;
GRANT SELECT ON token_reservations TO tallystick_readonly;
ALTER TABLE token_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON token_usage FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON token_usage FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE token_budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON token_budgets FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON token_budgets FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE token_reservations ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_reservations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON token_reservations FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON token_reservations FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000017_tokens', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000017_tokens');
COMMIT;

-- up: m20261121_000018_conversations
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000018_conversations', 'up', '37289b725c0138ab6eb6ede6d66107ca41babefa427b6a6f5cda69082648b700', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
ALTER TABLE messages ADD COLUMN deleted_at timestamptz;
ALTER TABLE messages ADD COLUMN purged_at timestamptz;
ALTER TABLE messages ADD COLUMN is_indexed boolean NOT NULL DEFAULT false;
-- allow(index-blocks-writes): until this version the table holds signals alone, which are few
CREATE INDEX messages_to_purge_idx ON messages (user_id, deleted_at)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
-- allow(index-blocks-writes): until this version the table holds signals alone, which are few
CREATE INDEX messages_to_index_idx ON messages (user_id, id) WHERE NOT is_indexed;
ALTER TABLE artifacts ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE artifacts ADD COLUMN updated_at timestamptz;
CREATE TABLE artifact_revisions (
    user_id uuid NOT NULL,
    artifact_id uuid NOT NULL,
    revision bigint NOT NULL CHECK (revision > 0),
    content_json jsonb,
    uri text CHECK (uri IS NULL OR length(uri) BETWEEN 1 AND 2000),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, artifact_id, revision),
    FOREIGN KEY (user_id, artifact_id) REFERENCES artifacts (user_id, id) ON DELETE CASCADE
);
CREATE TABLE message_words (
    user_id uuid NOT NULL,
    word text COLLATE "C" NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
    thread_id uuid NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (user_id, word, thread_id, seq),
    FOREIGN KEY (user_id, thread_id, seq)
        REFERENCES messages (user_id, thread_id, seq) ON DELETE CASCADE
);
CREATE INDEX message_words_message_idx ON message_words (user_id, thread_id, seq);
GRANT SELECT, INSERT, UPDATE, DELETE ON artifact_revisions TO tallystick_app, tallystick_admin;
GRANT SELECT ON artifact_revisions TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON message_words TO tallystick_app, tallystick_admin;
GRANT SELECT ON message_words TO tallystick_readonly;
ALTER TABLE artifact_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON artifact_revisions FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON artifact_revisions FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE message_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_words FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON message_words FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON message_words FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000018_conversations', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000018_conversations');
COMMIT;

-- up: m20261121_000019_approvals
BEGIN;
SELECT pg_advisory_xact_lock(127961779698035);
SET LOCAL lock_timeout = '500ms';
SET LOCAL row_security = off;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000019_approvals', 'up', '80ea0d10971605c5a5b722e247024974b2f4c8919004c6f280c5d0d3f534b325', 'tallystick', concat_ws(' as ', 'script', session_user), clock_timestamp() FROM tallystick_history;
CREATE TABLE approvals (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    thread_id uuid NOT NULL,
    job_id uuid NOT NULL,
    proposal_text text NOT NULL CHECK (length(proposal_text) BETWEEN 1 AND 4000),
    action jsonb NOT NULL,
    action_hash text NOT NULL CHECK (length(action_hash) = 71),
    status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'superseded',
        'expired', 'canceled', 'consumed')),
    on_refusal text NOT NULL CHECK (on_refusal IN ('fail', 'resume')),
    requested_by uuid NOT NULL,
    requested_by_kind text NOT NULL CHECK (requested_by_kind IN ('user', 'token', 'producer',
        'operator', 'system', 'anonymous')),
    allows_self_vote boolean NOT NULL,
    quorum bigint NOT NULL CHECK (quorum BETWEEN 1 AND 21),
    expires_at timestamptz NOT NULL,
    resolved_at timestamptz,
    consumed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((status = 'pending') = (resolved_at IS NULL)),
    CHECK ((status = 'consumed') = (consumed_at IS NOT NULL)),
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, thread_id) REFERENCES threads (user_id, id) ON DELETE CASCADE
);
CREATE INDEX approvals_thread_idx ON approvals (user_id, thread_id, id);
CREATE INDEX approvals_job_idx ON approvals (user_id, job_id, id);
CREATE INDEX approvals_status_idx ON approvals (user_id, status, id);
CREATE TABLE approval_votes (
    user_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    voter_user_id uuid NOT NULL,
    voter_kind text NOT NULL CHECK (voter_kind IN ('user', 'token')),
    vote text NOT NULL CHECK (vote IN ('approve', 'reject')),
    reason text CHECK (reason IS NULL OR length(reason) BETWEEN 1 AND 2000),
    at timestamptz NOT NULL,
    CHECK (vote = 'approve' OR reason IS NOT NULL),
    PRIMARY KEY (user_id, approval_id, voter_user_id),
    FOREIGN KEY (user_id, approval_id) REFERENCES approvals (user_id, id) ON DELETE CASCADE
);
CREATE TABLE approval_approvers (
    owner_user_id uuid NOT NULL REFERENCES users (id),
    approval_id uuid NOT NULL,
    approver_user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner_user_id, approval_id, approver_user_id)
);
CREATE INDEX approval_approvers_approver_idx
ON approval_approvers (approver_user_id, approval_id);
CREATE TABLE webhook_endpoints (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    owner_user_id uuid NOT NULL REFERENCES users (id),
    events jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX webhook_endpoints_owner_idx ON webhook_endpoints (owner_user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON approval_approvers TO tallystick_app, tallystick_admin;
GRANT SELECT ON approval_approvers TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO tallystick_app, tallystick_admin;
GRANT SELECT ON webhook_endpoints TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON approvals TO tallystick_app, tallystick_admin;
GRANT SELECT ON approvals TO tallystick_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON approval_votes TO tallystick_app, tallystick_admin;
GRANT SELECT ON approval_votes TO tallystick_readonly;
ALTER TABLE approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE approvals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON approvals FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON approvals FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
ALTER TABLE approval_votes ENABLE ROW LEVEL SECURITY;
ALTER TABLE approval_votes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON approval_votes FOR ALL USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid) WITH CHECK (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY administrator ON approval_votes FOR ALL TO tallystick_admin USING (true) WITH CHECK (true);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000019_approvals', extract(epoch FROM clock_timestamp())::bigint);
UPDATE tallystick_history SET finished_at = clock_timestamp()
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000019_approvals');
COMMIT;
