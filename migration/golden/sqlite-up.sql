.bail on
PRAGMA foreign_keys = OFF;
CREATE TEMP TABLE reference (is_broken INTEGER CHECK (NOT is_broken));

BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS "seaql_migrations" ( "version" varchar NOT NULL PRIMARY KEY, "applied_at" integer NOT NULL );
CREATE TABLE IF NOT EXISTS tallystick_history (
    seq INTEGER PRIMARY KEY,
    version text NOT NULL,
    action text NOT NULL
        CHECK (action IN ('up', 'down', 'stamp', 'unstamp', 'adopt')),
    checksum text NOT NULL,
    program text NOT NULL,
    operator text NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT
) STRICT;
COMMIT;

-- up: m20261121_000001_users
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000001_users', 'up', 'ff31f5419852d978721fcfa31ab352b6a3d0cd1386af87320e6f2949e65eae18', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE users (
    id BLOB PRIMARY KEY,
    email text NOT NULL CHECK (email = lower(email)),
    display_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'user', 'manager', 'admin')),
    is_active INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT users_email_key UNIQUE (email)
) STRICT;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000001_users', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000001_users');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000002_books
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000002_books', 'up', '671100eff4c4126479a53a95472d36d41245b92a5f2f360503cf0a140e22a533', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE securities (
    id BLOB PRIMARY KEY,
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
    is_active INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT securities_symbol_key UNIQUE (symbol)
) STRICT;
CREATE TABLE portfolios (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    base_currency text NOT NULL CHECK (length(base_currency) = 3),
    benchmark_security_id BLOB REFERENCES securities (id),
    lot_method text NOT NULL
        CHECK (lot_method IN ('fifo', 'lifo', 'hifo', 'average', 'specific')),
    is_active INTEGER NOT NULL,
    books_revision INTEGER NOT NULL CHECK (books_revision >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT portfolios_name_key UNIQUE (user_id, name)
) STRICT;
CREATE INDEX portfolios_benchmark_idx ON portfolios (benchmark_security_id);
CREATE TABLE transactions (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    security_id BLOB REFERENCES securities (id),
    kind text NOT NULL CHECK (kind IN ('buy', 'sell', 'dividend', 'interest', 'fee', 'tax',
        'deposit', 'withdrawal', 'split', 'spin_off', 'return_of_capital', 'transfer_in',
        'transfer_out', 'merger')),
    trade_date TEXT NOT NULL,
    settle_date TEXT,
    quantity TEXT NOT NULL,
    price TEXT CHECK (price IS NULL OR (price NOT LIKE '-%')),
    amount TEXT NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    fee TEXT NOT NULL CHECK (fee NOT LIKE '-%'),
    tax TEXT NOT NULL CHECK (tax NOT LIKE '-%'),
    fx_rate TEXT CHECK (fx_rate IS NULL OR (fx_rate <> '0' AND fx_rate NOT LIKE '-%')),
    pay_date TEXT,
    ex_date TEXT,
    narration text,
    source text NOT NULL CHECK (source IN ('manual', 'import', 'ledger')),
    external_id text,
    ledger_commit_hash text,
    books_revision INTEGER NOT NULL CHECK (books_revision > 0),
    recorded_at TEXT NOT NULL,
    voided_at TEXT,
    voids_id BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, voids_id) REFERENCES transactions (user_id, id)
) STRICT;
CREATE INDEX transactions_portfolio_idx
ON transactions (user_id, portfolio_id, trade_date, id);
CREATE UNIQUE INDEX transactions_external_key
ON transactions (user_id, portfolio_id, source, external_id)
WHERE external_id IS NOT NULL;
CREATE INDEX transactions_security_idx ON transactions (security_id);
CREATE INDEX transactions_voids_idx ON transactions (user_id, voids_id)
WHERE voids_id IS NOT NULL;
CREATE TABLE lots (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    security_id BLOB NOT NULL REFERENCES securities (id),
    opened_by_transaction_id BLOB NOT NULL,
    acquired_on TEXT NOT NULL,
    quantity_original TEXT NOT NULL,
    quantity_open TEXT NOT NULL,
    unit_cost TEXT NOT NULL,
    cost_basis TEXT NOT NULL,
    cost_currency text NOT NULL CHECK (length(cost_currency) = 3),
    fx_rate TEXT CHECK (fx_rate IS NULL OR (fx_rate <> '0' AND fx_rate NOT LIKE '-%')),
    label text,
    closed_on TEXT,
    books_revision INTEGER NOT NULL CHECK (books_revision > 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, opened_by_transaction_id) REFERENCES transactions (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX lots_portfolio_idx ON lots (user_id, portfolio_id, security_id, acquired_on);
CREATE INDEX lots_security_idx ON lots (security_id);
CREATE INDEX lots_opened_by_idx ON lots (user_id, opened_by_transaction_id);
CREATE TABLE lot_closures (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    lot_id BLOB NOT NULL,
    transaction_id BLOB NOT NULL,
    quantity TEXT NOT NULL,
    proceeds TEXT NOT NULL,
    cost_basis TEXT NOT NULL,
    realized_gain TEXT NOT NULL,
    fx_gain TEXT,
    closed_on TEXT NOT NULL,
    holding_days INTEGER NOT NULL,
    books_revision INTEGER NOT NULL CHECK (books_revision > 0),
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, lot_id) REFERENCES lots (user_id, id) ON DELETE CASCADE,
    FOREIGN KEY (user_id, transaction_id) REFERENCES transactions (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX lot_closures_portfolio_idx
ON lot_closures (user_id, portfolio_id, closed_on);
CREATE INDEX lot_closures_lot_idx ON lot_closures (user_id, lot_id);
CREATE INDEX lot_closures_transaction_idx ON lot_closures (user_id, transaction_id);
CREATE TABLE portfolio_cash_flows (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    flow_date TEXT NOT NULL,
    kind text NOT NULL CHECK (kind IN ('deposit', 'withdrawal', 'dividend', 'interest',
        'fee', 'tax', 'transfer')),
    amount TEXT NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    transaction_id BLOB NOT NULL,
    is_external INTEGER NOT NULL,
    books_revision INTEGER NOT NULL CHECK (books_revision > 0),
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT portfolio_cash_flows_transaction_key
        UNIQUE (user_id, transaction_id, kind),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, transaction_id) REFERENCES transactions (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX portfolio_cash_flows_portfolio_idx
ON portfolio_cash_flows (user_id, portfolio_id, flow_date, id);
CREATE TABLE imports (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    portfolio_id BLOB,
    format text NOT NULL,
    file_hash text NOT NULL,
    status text NOT NULL CHECK (status IN ('committed', 'failed')),
    counts TEXT NOT NULL,
    errors TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX imports_portfolio_idx ON imports (user_id, portfolio_id);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000002_books', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000002_books');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000003_pricing
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000003_pricing', 'up', 'dd58d53f7852c0d53285109ccb524c6e965e5870f1787f6df506a91af72df102', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE pricing_packs (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 100),
    asof_date TEXT NOT NULL,
    policy text NOT NULL CHECK (length(policy) BETWEEN 1 AND 64),
    revision INTEGER NOT NULL CHECK (revision >= 0),
    hash text,
    superseded_by text REFERENCES pricing_packs (id),
    sources_json TEXT NOT NULL,
    status text NOT NULL CHECK (status IN ('warming', 'fresh', 'error')),
    is_fresh INTEGER NOT NULL,
    prewarm_done INTEGER NOT NULL,
    reconciliation_passed INTEGER NOT NULL,
    reconciliation_failed INTEGER NOT NULL,
    reconciliation_error_bps TEXT,
    error_message text,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK (is_fresh = (status = 'fresh')),
    CHECK ((status = 'warming') = (hash IS NULL)),
    CHECK (NOT (reconciliation_passed AND reconciliation_failed))
) STRICT;
CREATE INDEX pricing_packs_asof_idx ON pricing_packs (asof_date DESC);
CREATE INDEX pricing_packs_fresh_idx ON pricing_packs (asof_date DESC) WHERE is_fresh;
CREATE UNIQUE INDEX pricing_packs_current_key ON pricing_packs (asof_date, policy)
WHERE superseded_by IS NULL;
CREATE INDEX pricing_packs_superseded_idx ON pricing_packs (superseded_by)
WHERE superseded_by IS NOT NULL;
CREATE TABLE prices (
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    security_id BLOB NOT NULL REFERENCES securities (id),
    close TEXT NOT NULL CHECK (close <> '0' AND close NOT LIKE '-%'),
    currency text NOT NULL CHECK (length(currency) = 3),
    open TEXT CHECK (open IS NULL OR (open <> '0' AND open NOT LIKE '-%')),
    high TEXT CHECK (high IS NULL OR (high <> '0' AND high NOT LIKE '-%')),
    low TEXT CHECK (low IS NULL OR (low <> '0' AND low NOT LIKE '-%')),
    volume TEXT CHECK (volume IS NULL OR (volume NOT LIKE '-%')),
    source text NOT NULL,
    adjustment text NOT NULL CHECK (adjustment IN ('raw', 'split', 'total_return')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (pack_id, security_id)
) STRICT;
CREATE INDEX prices_security_idx ON prices (security_id);
CREATE TABLE fx_rates (
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    base text NOT NULL CHECK (length(base) = 3),
    quote text NOT NULL CHECK (length(quote) = 3 AND quote <> base),
    rate TEXT NOT NULL CHECK (rate <> '0' AND rate NOT LIKE '-%'),
    source text NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (pack_id, base, quote)
) STRICT;
CREATE TRIGGER prices_frozen_insert BEFORE INSERT ON prices
WHEN (SELECT status FROM pricing_packs WHERE id = NEW.pack_id) <> 'warming'
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER prices_frozen_update BEFORE UPDATE ON prices
WHEN NEW.pack_id <> OLD.pack_id
    OR (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER prices_frozen_delete BEFORE DELETE ON prices
WHEN (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER fx_rates_frozen_insert BEFORE INSERT ON fx_rates
WHEN (SELECT status FROM pricing_packs WHERE id = NEW.pack_id) <> 'warming'
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER fx_rates_frozen_update BEFORE UPDATE ON fx_rates
WHEN NEW.pack_id <> OLD.pack_id
    OR (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER fx_rates_frozen_delete BEFORE DELETE ON fx_rates
WHEN (SELECT status FROM pricing_packs WHERE id = OLD.pack_id) <> 'warming'
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER pricing_packs_frozen_insert BEFORE INSERT ON pricing_packs
WHEN EXISTS (SELECT 1 FROM pricing_packs WHERE id = NEW.id AND status <> 'warming')
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER pricing_packs_id_update BEFORE UPDATE ON pricing_packs
WHEN NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, 'the id of a pricing pack is for good'); END;
CREATE TRIGGER securities_priced_symbol_update BEFORE UPDATE ON securities
WHEN NEW.symbol <> OLD.symbol
    AND EXISTS (SELECT 1 FROM prices WHERE security_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'this symbol is part of pricing packs and stays'); END;
CREATE TRIGGER securities_priced_symbol_insert BEFORE INSERT ON securities
WHEN EXISTS (SELECT 1 FROM prices WHERE security_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this symbol is part of pricing packs and stays'); END;
CREATE TRIGGER pricing_packs_frozen_update BEFORE UPDATE ON pricing_packs
WHEN OLD.status <> 'warming' AND (NEW.status = 'warming' OR NEW.id <> OLD.id
    OR NEW.asof_date <> OLD.asof_date OR NEW.policy <> OLD.policy
    OR NEW.revision <> OLD.revision OR NEW.hash <> OLD.hash)
BEGIN SELECT RAISE(ABORT, 'the content of this pricing pack is frozen'); END;
CREATE TRIGGER pricing_packs_frozen_delete BEFORE DELETE ON pricing_packs
WHEN OLD.status <> 'warming'
BEGIN SELECT RAISE(ABORT, 'this pricing pack is frozen and cannot be deleted'); END;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000003_pricing', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000003_pricing');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000004_executions
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000004_executions', 'up', 'bbcdb6c29c201501d132fff47ae1f9cd6bc885e5c56d71bebc7f151e57efbcf2', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE executions (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    portfolio_id BLOB,
    pattern_id text NOT NULL,
    actor text NOT NULL,
    inputs TEXT NOT NULL,
    inputs_hash text NOT NULL,
    asof_date TEXT NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    pack_hash text NOT NULL,
    ledger_commit_hash text,
    books_revision INTEGER NOT NULL CHECK (books_revision >= 0),
    engine_version text NOT NULL,
    result_hash text NOT NULL,
    result TEXT NOT NULL,
    warnings TEXT NOT NULL,
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    replay_of BLOB,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (user_id, replay_of) REFERENCES executions (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX executions_portfolio_idx ON executions (user_id, portfolio_id);
CREATE INDEX executions_pack_idx ON executions (pack_id);
CREATE INDEX executions_replay_idx ON executions (user_id, replay_of)
WHERE replay_of IS NOT NULL;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000004_executions', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000004_executions');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000005_idempotency
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000005_idempotency', 'up', '9a3eb5349d5fc7eb9d27f0906249c3b5d9384d801dc8623e331255d40d9880d2', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE idempotency_keys (
    user_id BLOB NOT NULL REFERENCES users (id),
    method text NOT NULL,
    path text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash text NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 100 AND 599),
    response text NOT NULL,
    headers TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, method, path, key)
) STRICT;
CREATE INDEX idempotency_keys_expiry_idx ON idempotency_keys (expires_at);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000005_idempotency', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000005_idempotency');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000006_roles
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000006_roles', 'up', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000006_roles', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000006_roles');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000007_contract_row_security
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000007_contract_row_security', 'up', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000007_contract_row_security', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000007_contract_row_security');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000008_series
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000008_series', 'up', '969fa987500f3f056dd0c0f4990b78a2273ce8a21a71f3d8cbb146c8a1312c33', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE portfolio_daily_values (
    user_id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    valuation_date TEXT NOT NULL,
    total_value TEXT NOT NULL,
    cash TEXT NOT NULL,
    positions_value TEXT NOT NULL,
    net_external_flow TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, valuation_date),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE TABLE portfolio_metrics (
    user_id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    asof_date TEXT NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    twr_1d TEXT,
    twr_mtd TEXT,
    twr_qtd TEXT,
    twr_ytd TEXT,
    twr_1y TEXT,
    twr_3y TEXT,
    twr_5y TEXT,
    twr_inception TEXT,
    mwr_ytd TEXT,
    mwr_1y TEXT,
    mwr_3y TEXT,
    mwr_inception TEXT,
    volatility_30d TEXT CHECK (volatility_30d IS NULL OR (volatility_30d NOT LIKE '-%')),
    volatility_90d TEXT CHECK (volatility_90d IS NULL OR (volatility_90d NOT LIKE '-%')),
    volatility_1y TEXT CHECK (volatility_1y IS NULL OR (volatility_1y NOT LIKE '-%')),
    sharpe_30d TEXT,
    sharpe_90d TEXT,
    sharpe_1y TEXT,
    sortino_30d TEXT,
    sortino_90d TEXT,
    sortino_1y TEXT,
    max_drawdown_1y TEXT,
    max_drawdown_3y TEXT,
    current_drawdown TEXT,
    alpha_1y TEXT,
    beta_1y TEXT,
    tracking_error_1y TEXT
        CHECK (tracking_error_1y IS NULL OR (tracking_error_1y NOT LIKE '-%')),
    information_ratio_1y TEXT,
    win_rate TEXT CHECK (win_rate IS NULL OR (win_rate NOT LIKE '-%')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, asof_date, pack_id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX portfolio_metrics_pack_idx ON portfolio_metrics (pack_id);
CREATE TABLE currency_attribution (
    user_id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    asof_date TEXT NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    local_return TEXT NOT NULL,
    fx_return TEXT NOT NULL,
    interaction_return TEXT NOT NULL,
    total_return TEXT NOT NULL,
    error_bps TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, portfolio_id, asof_date, pack_id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE
) STRICT;
CREATE INDEX currency_attribution_pack_idx ON currency_attribution (pack_id);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000008_series', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000008_series');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000009_accounts
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000009_accounts', 'up', '74e7f9927ad5891f6e18f586a6d535e48e07ed9050c2469276b03e59278ed898', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE users ADD COLUMN session_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN default_portfolio_id BLOB;
ALTER TABLE users ADD COLUMN last_login_at TEXT;
-- allow(grants): who only reads has no business with password hashes
CREATE TABLE credentials (
    owner_user_id BLOB PRIMARY KEY REFERENCES users (id),
    password_hash text NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
-- allow(grants): who only reads has no business with attempts to log in
CREATE TABLE login_throttles (
    subject text PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    locked_until TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX login_throttles_age_idx ON login_throttles (updated_at);
-- allow(grants): who only reads has no business with tokens
CREATE TABLE api_tokens (
    id BLOB PRIMARY KEY,
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    prefix text NOT NULL,
    token_hash text NOT NULL,
    scopes TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT,
    revoked_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT api_tokens_hash_key UNIQUE (token_hash)
) STRICT;
CREATE INDEX api_tokens_owner_idx ON api_tokens (owner_user_id, id);
-- allow(grants): who only reads has no business with tokens
CREATE TABLE refresh_tokens (
    id BLOB PRIMARY KEY,
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    family_id BLOB NOT NULL,
    token_hash text NOT NULL,
    session_version INTEGER NOT NULL,
    expires_at TEXT NOT NULL,
    rotated_to BLOB REFERENCES refresh_tokens (id) ON DELETE SET NULL,
    revoked_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT refresh_tokens_hash_key UNIQUE (token_hash)
) STRICT;
CREATE INDEX refresh_tokens_owner_idx ON refresh_tokens (owner_user_id);
CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_rotated_idx ON refresh_tokens (rotated_to)
WHERE rotated_to IS NOT NULL;
CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at);
CREATE TABLE portfolio_shares (
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    portfolio_id BLOB NOT NULL,
    grantee_user_id BLOB NOT NULL REFERENCES users (id),
    permission text NOT NULL CHECK (permission IN ('read', 'trade')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (owner_user_id, portfolio_id, grantee_user_id),
    CHECK (grantee_user_id <> owner_user_id)
) STRICT;
CREATE INDEX portfolio_shares_grantee_idx
ON portfolio_shares (grantee_user_id, portfolio_id);
CREATE TABLE audit_log (
    seq INTEGER PRIMARY KEY CHECK (seq >= 1),
    at TEXT NOT NULL,
    actor_user_id BLOB,
    actor_kind text NOT NULL
        CHECK (actor_kind IN ('user', 'token', 'producer', 'operator', 'system', 'anonymous')),
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id text,
    details TEXT NOT NULL,
    ip text,
    user_agent text,
    request_id text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused')),
    prev_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_log_prev_hash_key UNIQUE (prev_hash),
    CONSTRAINT audit_log_hash_key UNIQUE (hash)
) STRICT;
CREATE INDEX audit_log_actor_idx ON audit_log (actor_user_id, seq);
CREATE INDEX audit_log_resource_idx ON audit_log (resource_type, resource_id, seq);
CREATE TABLE audit_heads (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    hash text NOT NULL
) STRICT;
INSERT INTO audit_heads (id, seq, hash) VALUES (1, 0,
'0000000000000000000000000000000000000000000000000000000000000000');
CREATE TRIGGER audit_log_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log
    WHERE seq = NEW.seq OR hash = NEW.hash OR prev_hash = NEW.prev_hash)
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000009_accounts', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000009_accounts');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000010_threads
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000010_threads', 'up', '415622f56d607c0674dc939990be6c197a8dbb4671f9e7379d4c31d298113619', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE threads (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    platform text NOT NULL CHECK (length(platform) BETWEEN 1 AND 50),
    chat_id text NOT NULL CHECK (length(chat_id) BETWEEN 1 AND 255),
    title text CHECK (title IS NULL OR length(title) BETWEEN 1 AND 200),
    state text NOT NULL CHECK (state IN ('idle', 'busy', 'interrupted', 'error')),
    metadata TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT threads_chat_key UNIQUE (user_id, platform, chat_id)
) STRICT;
CREATE TABLE messages (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    platform_message_id text CHECK (
        platform_message_id IS NULL OR length(platform_message_id) BETWEEN 1 AND 255),
    role text NOT NULL CHECK (role IN ('user', 'assistant', 'system', 'tool')),
    author text CHECK (author IS NULL OR length(author) BETWEEN 1 AND 255),
    text text NOT NULL,
    raw_payload text,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT messages_seq_key UNIQUE (user_id, thread_id, seq),
    FOREIGN KEY (user_id, thread_id) REFERENCES threads (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX messages_platform_key
ON messages (user_id, thread_id, platform_message_id)
WHERE platform_message_id IS NOT NULL;
CREATE TABLE artifacts (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    kind text NOT NULL CHECK (kind IN ('voice_transcript', 'image_json', 'ocr_text',
        'file_meta', 'tool_result', 'signal')),
    content_json TEXT,
    uri text CHECK (uri IS NULL OR length(uri) BETWEEN 1 AND 2000),
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, message_id) REFERENCES messages (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX artifacts_message_idx ON artifacts (user_id, message_id);
CREATE TABLE received_webhooks (
    producer text NOT NULL CHECK (length(producer) BETWEEN 1 AND 64),
    message_id text NOT NULL CHECK (length(message_id) BETWEEN 1 AND 255),
    received_at TEXT NOT NULL,
    PRIMARY KEY (producer, message_id)
) STRICT;
CREATE INDEX received_webhooks_age_idx ON received_webhooks (received_at);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000010_threads', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000010_threads');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000011_recording
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000011_recording', 'up', '005bc10db39069c5b65a405f413fce7044d7c9caa322c9fa1d0506d249db5182', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE portfolios ADD COLUMN is_recorded INTEGER NOT NULL DEFAULT false;
ALTER TABLE portfolios ADD COLUMN allows_shorts INTEGER NOT NULL DEFAULT false;
ALTER TABLE transactions ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transactions ADD COLUMN terms TEXT;
ALTER TABLE transactions ADD COLUMN voided_revision INTEGER;
ALTER TABLE lots ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lots ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lots ADD COLUMN opened_on TEXT;
ALTER TABLE lots ADD COLUMN cost_basis_base TEXT;
ALTER TABLE lots ADD COLUMN superseded_revision INTEGER;
ALTER TABLE lot_closures ADD COLUMN security_id BLOB;
ALTER TABLE lot_closures ADD COLUMN proceeds_base TEXT;
ALTER TABLE lot_closures ADD COLUMN cost_basis_base TEXT;
ALTER TABLE lot_closures ADD COLUMN carried_basis TEXT NOT NULL DEFAULT '0';
ALTER TABLE lot_closures ADD COLUMN realized_gain_base TEXT;
ALTER TABLE lot_closures ADD COLUMN superseded_revision INTEGER;
ALTER TABLE portfolio_cash_flows ADD COLUMN superseded_revision INTEGER;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000011_recording', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000011_recording');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000012_restatements
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000012_restatements', 'up', '7aba3e40fe5015bc05c4f4f5df9c5d36dfbd2334db59392b525ceaa051d29958', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE pricing_packs ADD COLUMN restates text;
ALTER TABLE pricing_packs ADD COLUMN restatement_reason text CHECK (
(restates IS NULL) = (restatement_reason IS NULL)
AND (restates IS NULL OR restates <> id)
AND (restatement_reason IS NULL OR length(restatement_reason) BETWEEN 1 AND 2000));
CREATE TRIGGER pricing_packs_history BEFORE UPDATE ON pricing_packs
WHEN OLD.status <> 'warming' AND (
    OLD.superseded_by IS NOT NULL AND NEW.superseded_by IS NOT OLD.superseded_by
    OR NEW.restates IS NOT OLD.restates
    OR NEW.restatement_reason IS NOT OLD.restatement_reason)
BEGIN SELECT RAISE(ABORT, 'which pack this one restates or is superseded by is for good'); END;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000012_restatements', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000012_restatements');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000013_reconciliations
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000013_reconciliations', 'up', 'b27a6738067bcb0b58e95d951077b3307f33d57521375a7dd1bc2f0775229165', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE pricing_packs ADD COLUMN reconciled_hash text;
CREATE TABLE reconciliations (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    portfolio_id BLOB NOT NULL,
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    pack_hash text NOT NULL,
    asof_date TEXT NOT NULL,
    ledger_commit_hash text,
    ledger_hash text NOT NULL,
    accounts TEXT NOT NULL,
    books_revision INTEGER NOT NULL CHECK (books_revision >= 0),
    engine_version text NOT NULL,
    passed INTEGER NOT NULL,
    error_bps TEXT,
    difference_count INTEGER NOT NULL CHECK (difference_count >= 0),
    differences TEXT NOT NULL,
    first_difference TEXT,
    left_out TEXT NOT NULL,
    is_in_pack INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, portfolio_id) REFERENCES portfolios (user_id, id)
        ON DELETE CASCADE,
    CHECK (passed = (difference_count = 0)),
    CHECK (NOT passed OR error_bps IS NOT NULL)
) STRICT;
CREATE INDEX reconciliations_portfolio_idx ON reconciliations (user_id, portfolio_id, id);
CREATE INDEX reconciliations_pack_idx ON reconciliations (pack_id);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000013_reconciliations', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000013_reconciliations');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000014_pack_builds
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000014_pack_builds', 'up', '5102496ae1d418e4bc114ca5c48463d0c28f78da7e9f5a522eb05391c7cc555a', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE pack_build_steps (
    pack_id text NOT NULL REFERENCES pricing_packs (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    step text NOT NULL CHECK (step IN ('build', 'reconcile', 'metrics', 'prewarm', 'fresh',
        'alerts')),
    attempt INTEGER NOT NULL CHECK (attempt > 0),
    outcome text NOT NULL CHECK (outcome IN ('running', 'done', 'failed', 'skipped')),
    detail TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    CHECK ((outcome = 'running') = (finished_at IS NULL)),
    PRIMARY KEY (pack_id, seq),
    CONSTRAINT pack_build_steps_attempt_key UNIQUE (pack_id, step, attempt)
) STRICT;
CREATE UNIQUE INDEX pack_build_steps_running_key ON pack_build_steps (pack_id)
WHERE outcome = 'running';
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000014_pack_builds', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000014_pack_builds');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000015_gains
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000015_gains', 'up', 'ab407833004b58c409caa06fb1e530444a5a55019619161ee1912d610d0a313d', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE portfolios ADD COLUMN former_rules TEXT;
ALTER TABLE transactions ADD COLUMN counter_portfolio_id BLOB;
ALTER TABLE transactions ADD COLUMN counter_transaction_id BLOB;
ALTER TABLE transactions ADD COLUMN received_lots TEXT;
ALTER TABLE portfolio_cash_flows ADD COLUMN counter_portfolio_id BLOB;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000015_gains', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000015_gains');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000016_jobs
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000016_jobs', 'up', 'bf2f44b015c06611d45f217f2d20ac419d7985b1db240fb6c11208b2095afe06', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE job_queues (
    thread_id BLOB PRIMARY KEY,
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    max_running INTEGER NOT NULL DEFAULT 1 CHECK (max_running BETWEEN 1 AND 100),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX job_queues_owner_idx ON job_queues (owner_user_id, thread_id);
CREATE TABLE job_schedules (
    id BLOB PRIMARY KEY,
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    thread_id BLOB NOT NULL REFERENCES job_queues (thread_id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    cron text NOT NULL CHECK (length(cron) BETWEEN 1 AND 200),
    timezone text NOT NULL CHECK (length(timezone) BETWEEN 1 AND 64),
    mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer')),
    payload_json TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    max_attempts INTEGER NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
    is_active INTEGER NOT NULL,
    next_run_at TEXT NOT NULL,
    last_run_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CONSTRAINT job_schedules_name_key UNIQUE (owner_user_id, name)
) STRICT;
CREATE INDEX job_schedules_thread_idx ON job_schedules (thread_id);
CREATE INDEX job_schedules_due_idx ON job_schedules (next_run_at) WHERE is_active;
CREATE TABLE jobs (
    id BLOB PRIMARY KEY,
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    thread_id BLOB NOT NULL REFERENCES job_queues (thread_id),
    trigger_message_id BLOB,
    mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer', 'deliver')),
    status text NOT NULL CHECK (status IN ('queued', 'running', 'awaiting_approval', 'done',
        'failed', 'canceled')),
    is_next INTEGER NOT NULL,
    payload_json TEXT NOT NULL,
    result_json TEXT,
    error text,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    run_at TEXT NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt >= 0),
    max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
    lease_token BLOB,
    lease_expires_at TEXT,
    worker text CHECK (worker IS NULL OR length(worker) BETWEEN 1 AND 200),
    idempotency_key text CHECK (
        idempotency_key IS NULL OR length(idempotency_key) BETWEEN 1 AND 255),
    schedule_id BLOB REFERENCES job_schedules (id) ON DELETE SET NULL,
    started_at TEXT,
    finished_at TEXT,
    cancel_requested_at TEXT,
    approval_due_at TEXT,
    event_seq INTEGER NOT NULL CHECK (event_seq >= 0),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK (attempt <= max_attempts),
    CHECK ((status = 'running') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    CHECK (status NOT IN ('done', 'failed', 'canceled') OR finished_at IS NOT NULL),
    CHECK (status = 'queued' OR NOT is_next)
) STRICT;
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
    job_id BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    at TEXT NOT NULL,
    kind text NOT NULL CHECK (kind IN ('enqueued', 'claimed', 'completed', 'retried',
        'failed', 'lease_expired', 'exhausted', 'cancel_requested', 'canceled', 'parked',
        'resumed', 'refused', 'redriven')),
    details TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
) STRICT;
CREATE TABLE stream_events (
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    owner_user_id BLOB NOT NULL,
    at TEXT NOT NULL,
    kind text NOT NULL CHECK (kind IN ('message', 'job', 'approval', 'artifact')),
    data_json TEXT NOT NULL,
    PRIMARY KEY (thread_id, seq)
) STRICT;
CREATE TABLE paused_job_modes (
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    mode text NOT NULL CHECK (mode IN ('classify', 'plan', 'execute', 'answer', 'deliver')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner_user_id, mode)
) STRICT;
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000016_jobs', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000016_jobs');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000017_tokens
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000017_tokens', 'up', '27ef39265df761d9760de5cdfc3228684b0cf7898f20ccb69f002e241e9cb37b', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE token_usage (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    scope text NOT NULL CHECK (scope IN ('proactive', 'reactive')),
    provider text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    model text CHECK (model IS NULL OR length(model) BETWEEN 1 AND 200),
    operation text NOT NULL CHECK (operation IN ('chat', 'generate_content',
        'text_completion', 'embeddings')),
    request_id text CHECK (request_id IS NULL OR length(request_id) BETWEEN 1 AND 255),
    thread_id BLOB,
    job_id BLOB,
    input_tokens INTEGER NOT NULL CHECK (input_tokens BETWEEN 0 AND 1000000000),
    cached_input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL CHECK (output_tokens BETWEEN 0 AND 1000000000),
    reasoning_tokens INTEGER NOT NULL,
    total_tokens INTEGER NOT NULL,
    cost_amount TEXT CHECK (cost_amount IS NULL OR (cost_amount NOT LIKE '-%')),
    cost_currency text,
    computed_cost_amount TEXT
        CHECK (computed_cost_amount IS NULL OR (computed_cost_amount NOT LIKE '-%')),
    computed_cost_currency text,
    price_valid_from TEXT,
    meta_json TEXT NOT NULL,
    used_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CHECK (cached_input_tokens BETWEEN 0 AND input_tokens),
    CHECK (reasoning_tokens BETWEEN 0 AND output_tokens),
    CHECK (total_tokens = input_tokens + output_tokens),
    CHECK ((cost_amount IS NULL) = (cost_currency IS NULL)),
    CHECK ((computed_cost_amount IS NULL) = (computed_cost_currency IS NULL)),
    CHECK ((computed_cost_amount IS NULL) = (price_valid_from IS NULL))
) STRICT;
CREATE UNIQUE INDEX token_usage_request_key ON token_usage (user_id, provider, request_id)
WHERE request_id IS NOT NULL;
CREATE INDEX token_usage_time_idx ON token_usage (user_id, used_at, scope, total_tokens);
CREATE INDEX token_usage_thread_idx ON token_usage (user_id, thread_id, id)
WHERE thread_id IS NOT NULL;
CREATE INDEX token_usage_job_idx ON token_usage (user_id, job_id, id)
WHERE job_id IS NOT NULL;
CREATE TABLE token_budgets (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    scope text NOT NULL CHECK (scope IN ('proactive', 'reactive', 'all')),
    period text NOT NULL CHECK (period IN ('day', 'week', 'month')),
    unit text NOT NULL CHECK (unit = 'tokens' OR length(unit) = 3),
    hard_limit TEXT NOT NULL CHECK (hard_limit NOT LIKE '-%'),
    soft_limit TEXT CHECK (soft_limit IS NULL OR (soft_limit NOT LIKE '-%')),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CONSTRAINT token_budgets_key UNIQUE (user_id, scope, period, unit)
) STRICT;
CREATE TABLE token_reservations (
    user_id BLOB NOT NULL REFERENCES users (id),
    id BLOB NOT NULL,
    scope text NOT NULL CHECK (scope IN ('proactive', 'reactive')),
    estimated_tokens INTEGER NOT NULL CHECK (estimated_tokens BETWEEN 0 AND 2000000000),
    estimated_cost TEXT
        CHECK (estimated_cost IS NULL OR (estimated_cost NOT LIKE '-%')),
    cost_currency text,
    status text NOT NULL CHECK (status IN ('open', 'settled', 'released')),
    usage_id BLOB,
    expires_at TEXT NOT NULL,
    closed_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, usage_id) REFERENCES token_usage (user_id, id),
    CHECK ((estimated_cost IS NULL) = (cost_currency IS NULL)),
    CHECK ((status = 'open') = (closed_at IS NULL)),
    CHECK ((status = 'settled') = (usage_id IS NOT NULL))
) STRICT;
CREATE INDEX token_reservations_usage_idx ON token_reservations (user_id, usage_id);
CREATE INDEX token_reservations_expiry_idx ON token_reservations (user_id, expires_at);
CREATE TABLE deployments (
    id BLOB NOT NULL PRIMARY KEY,
    git_sha text NOT NULL CHECK (length(git_sha) BETWEEN 7 AND 64),
    branch text NOT NULL CHECK (length(branch) BETWEEN 1 AND 255),
    status text NOT NULL CHECK (status IN ('building', 'testing', 'deploying', 'healthy',
        'rolled_back', 'failed')),
    trigger text NOT NULL CHECK (length(trigger) BETWEEN 1 AND 100),
    deployed_by text NOT NULL CHECK (length(deployed_by) BETWEEN 1 AND 255),
    report_text text,
    rollback_reason text CHECK (
        rollback_reason IS NULL OR length(rollback_reason) BETWEEN 1 AND 2000),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK ((status IN ('healthy', 'rolled_back', 'failed')) = (finished_at IS NOT NULL)),
    CHECK ((status = 'rolled_back') = (rollback_reason IS NOT NULL))
) STRICT;
CREATE INDEX deployments_branch_idx ON deployments (branch, id);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000017_tokens', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000017_tokens');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000018_conversations
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000018_conversations', 'up', '05a84e03bd820a9b911b544779979b26c77f5a6c55c7cda9aea8551e2b7e5bcb', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
ALTER TABLE messages ADD COLUMN deleted_at TEXT;
ALTER TABLE messages ADD COLUMN purged_at TEXT;
ALTER TABLE messages ADD COLUMN is_indexed INTEGER NOT NULL DEFAULT false;
-- allow(index-blocks-writes): until this version the table holds signals alone, which are few
CREATE INDEX messages_to_purge_idx ON messages (user_id, deleted_at)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
-- allow(index-blocks-writes): until this version the table holds signals alone, which are few
CREATE INDEX messages_to_index_idx ON messages (user_id, id) WHERE NOT is_indexed;
ALTER TABLE artifacts ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE artifacts ADD COLUMN updated_at TEXT;
CREATE TABLE artifact_revisions (
    user_id BLOB NOT NULL,
    artifact_id BLOB NOT NULL,
    revision INTEGER NOT NULL CHECK (revision > 0),
    content_json TEXT,
    uri text CHECK (uri IS NULL OR length(uri) BETWEEN 1 AND 2000),
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, artifact_id, revision),
    FOREIGN KEY (user_id, artifact_id) REFERENCES artifacts (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE message_words (
    user_id BLOB NOT NULL,
    word TEXT NOT NULL CHECK (length(word) BETWEEN 1 AND 64),
    thread_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, word, thread_id, seq),
    FOREIGN KEY (user_id, thread_id, seq)
        REFERENCES messages (user_id, thread_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX message_words_message_idx ON message_words (user_id, thread_id, seq);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000018_conversations', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000018_conversations');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;

-- up: m20261121_000019_approvals
BEGIN IMMEDIATE;
INSERT INTO tallystick_history (seq, version, action, checksum, program, operator, started_at)
SELECT coalesce(max(seq), 0) + 1, 'm20261121_000019_approvals', 'up', '203bf151fbdcb043a3a7fd3af447d460b83b204448eabf3ec139489e241ed7fe', 'tallystick', coalesce('script', '-'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM tallystick_history;
CREATE TABLE approvals (
    user_id BLOB NOT NULL,
    id BLOB NOT NULL,
    thread_id BLOB NOT NULL,
    job_id BLOB NOT NULL,
    proposal_text text NOT NULL CHECK (length(proposal_text) BETWEEN 1 AND 4000),
    action TEXT NOT NULL,
    action_hash text NOT NULL CHECK (length(action_hash) = 71),
    status text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'superseded',
        'expired', 'canceled', 'consumed')),
    on_refusal text NOT NULL CHECK (on_refusal IN ('fail', 'resume')),
    requested_by BLOB NOT NULL,
    requested_by_kind text NOT NULL CHECK (requested_by_kind IN ('user', 'token', 'producer',
        'operator', 'system', 'anonymous')),
    allows_self_vote INTEGER NOT NULL,
    quorum INTEGER NOT NULL CHECK (quorum BETWEEN 1 AND 21),
    expires_at TEXT NOT NULL,
    resolved_at TEXT,
    consumed_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK ((status = 'pending') = (resolved_at IS NULL)),
    CHECK ((status = 'consumed') = (consumed_at IS NOT NULL)),
    PRIMARY KEY (user_id, id),
    FOREIGN KEY (user_id, thread_id) REFERENCES threads (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX approvals_thread_idx ON approvals (user_id, thread_id, id);
CREATE INDEX approvals_job_idx ON approvals (user_id, job_id, id);
CREATE INDEX approvals_status_idx ON approvals (user_id, status, id);
CREATE TABLE approval_votes (
    user_id BLOB NOT NULL,
    approval_id BLOB NOT NULL,
    voter_user_id BLOB NOT NULL,
    voter_kind text NOT NULL CHECK (voter_kind IN ('user', 'token')),
    vote text NOT NULL CHECK (vote IN ('approve', 'reject')),
    reason text CHECK (reason IS NULL OR length(reason) BETWEEN 1 AND 2000),
    at TEXT NOT NULL,
    CHECK (vote = 'approve' OR reason IS NOT NULL),
    PRIMARY KEY (user_id, approval_id, voter_user_id),
    FOREIGN KEY (user_id, approval_id) REFERENCES approvals (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE TABLE approval_approvers (
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    approval_id BLOB NOT NULL,
    approver_user_id BLOB NOT NULL REFERENCES users (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner_user_id, approval_id, approver_user_id)
) STRICT;
CREATE INDEX approval_approvers_approver_idx
ON approval_approvers (approver_user_id, approval_id);
CREATE TABLE webhook_endpoints (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
    owner_user_id BLOB NOT NULL REFERENCES users (id),
    events TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_endpoints_owner_idx ON webhook_endpoints (owner_user_id);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20261121_000019_approvals', CAST(strftime('%s', 'now') AS INTEGER));
UPDATE tallystick_history SET finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE seq = (SELECT max(seq) FROM tallystick_history WHERE version = 'm20261121_000019_approvals');
INSERT INTO reference SELECT EXISTS (SELECT 1 FROM pragma_foreign_key_check);
COMMIT;
