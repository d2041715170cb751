//! Rows that were written at any version are as they were when the schema is at the newest.

use db::Engine;
use migration::{Options, Schema, Target};
use sea_orm::{ConnectionTrait, Statement};

use crate::made::tell;

type Columns = &'static [(&'static str, &'static str)];

/// One row a table, in the order in which they refer to each other: from which version on the table
/// is there, its name, and the columns with their values. `#1` is an id, `@` an instant, `?` false.
const ROWS: [(&str, &str, Columns); 23] = [
    (
        "users",
        "users",
        &[
            ("id", "#1"),
            ("email", "'a@example.org'"),
            ("display_name", "'A'"),
            ("role", "'user'"),
            ("is_active", "!"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "books",
        "securities",
        &[
            ("id", "#2"),
            ("symbol", "'NKE'"),
            ("name", "'NIKE, Inc.'"),
            ("kind", "'equity'"),
            ("currency", "'USD'"),
            ("is_active", "!"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "books",
        "portfolios",
        &[
            ("user_id", "#1"),
            ("id", "#3"),
            ("name", "'P'"),
            ("base_currency", "'USD'"),
            ("lot_method", "'fifo'"),
            ("is_active", "!"),
            ("books_revision", "1"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "books",
        "transactions",
        &[
            ("user_id", "#1"),
            ("id", "#4"),
            ("portfolio_id", "#3"),
            ("security_id", "#2"),
            ("kind", "'buy'"),
            ("trade_date", "'2025-01-02'"),
            ("quantity", "'10.000000001'"),
            ("amount", "'-1234.5678901234567890123456'"),
            ("currency", "'USD'"),
            ("fee", "'1.25'"),
            ("tax", "'0'"),
            ("source", "'manual'"),
            ("books_revision", "1"),
            ("recorded_at", "@"),
            ("created_at", "@"),
        ],
    ),
    (
        "books",
        "lots",
        &[
            ("user_id", "#1"),
            ("id", "#5"),
            ("portfolio_id", "#3"),
            ("security_id", "#2"),
            ("opened_by_transaction_id", "#4"),
            ("acquired_on", "'2025-01-02'"),
            ("quantity_original", "'10'"),
            ("quantity_open", "'4'"),
            ("unit_cost", "'123.45'"),
            ("cost_basis", "'1234.5'"),
            ("cost_currency", "'USD'"),
            ("books_revision", "1"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "books",
        "lot_closures",
        &[
            ("user_id", "#1"),
            ("id", "#6"),
            ("portfolio_id", "#3"),
            ("lot_id", "#5"),
            ("transaction_id", "#4"),
            ("quantity", "'6'"),
            ("proceeds", "'700'"),
            ("cost_basis", "'740.7'"),
            ("realized_gain", "'-40.7'"),
            ("closed_on", "'2025-03-04'"),
            ("holding_days", "61"),
            ("books_revision", "1"),
            ("created_at", "@"),
        ],
    ),
    (
        "books",
        "portfolio_cash_flows",
        &[
            ("user_id", "#1"),
            ("id", "#7"),
            ("portfolio_id", "#3"),
            ("flow_date", "'2025-01-01'"),
            ("kind", "'deposit'"),
            ("amount", "'5000'"),
            ("currency", "'USD'"),
            ("transaction_id", "#4"),
            ("is_external", "!"),
            ("books_revision", "1"),
            ("created_at", "@"),
        ],
    ),
    (
        "books",
        "imports",
        &[
            ("user_id", "#1"),
            ("id", "#8"),
            ("portfolio_id", "#3"),
            ("format", "'beancount'"),
            ("file_hash", "'00'"),
            ("status", "'committed'"),
            ("counts", "'{\"lots\": 1}'"),
            ("errors", "'[]'"),
            ("created_at", "@"),
        ],
    ),
    (
        "pricing",
        "pricing_packs",
        &[
            ("id", "'PP_2025-01-02'"),
            ("asof_date", "'2025-01-02'"),
            ("policy", "'P'"),
            ("revision", "0"),
            ("sources_json", "'[]'"),
            ("status", "'warming'"),
            ("is_fresh", "?"),
            ("prewarm_done", "?"),
            ("reconciliation_passed", "?"),
            ("reconciliation_failed", "?"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "pricing",
        "prices",
        &[
            ("pack_id", "'PP_2025-01-02'"),
            ("security_id", "#2"),
            ("close", "'123.4500'"),
            ("currency", "'USD'"),
            ("source", "'file'"),
            ("adjustment", "'raw'"),
            ("created_at", "@"),
        ],
    ),
    (
        "executions",
        "executions",
        &[
            ("user_id", "#1"),
            ("id", "#9"),
            ("portfolio_id", "#3"),
            ("pattern_id", "'p'"),
            ("actor", "'user'"),
            ("inputs", "'{}'"),
            ("inputs_hash", "'00'"),
            ("asof_date", "'2025-01-02'"),
            ("pack_id", "'PP_2025-01-02'"),
            ("pack_hash", "'00'"),
            ("books_revision", "1"),
            ("engine_version", "'0'"),
            ("result_hash", "'00'"),
            ("result", "'{\"a\": 1.50}'"),
            ("warnings", "'[]'"),
            ("duration_ms", "3"),
            ("created_at", "@"),
        ],
    ),
    (
        "reconciliations",
        "reconciliations",
        &[
            ("user_id", "#1"),
            ("id", "#17"),
            ("portfolio_id", "#3"),
            ("pack_id", "'PP_2025-01-02'"),
            ("pack_hash", "'00'"),
            ("asof_date", "'2025-01-02'"),
            ("ledger_hash", "'00'"),
            ("accounts", "'[\"Assets\"]'"),
            ("books_revision", "1"),
            ("engine_version", "'0'"),
            ("passed", "?"),
            ("difference_count", "1"),
            ("differences", "'[{\"a\": 1.50}]'"),
            ("left_out", "'[]'"),
            ("is_in_pack", "?"),
            ("created_at", "@"),
        ],
    ),
    (
        "idempotency",
        "idempotency_keys",
        &[
            ("user_id", "#1"),
            ("method", "'POST'"),
            ("path", "'/v1/x'"),
            ("key", "'k'"),
            ("request_hash", "'00'"),
            ("status", "201"),
            ("response", "'{}'"),
            ("headers", "'{}'"),
            ("expires_at", "@"),
            ("created_at", "@"),
        ],
    ),
    (
        "accounts",
        "credentials",
        &[
            ("owner_user_id", "#1"),
            ("password_hash", "'$argon2id$'"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "accounts",
        "login_throttles",
        &[
            ("subject", "'account:a'"),
            ("failures", "3"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "accounts",
        "api_tokens",
        &[
            ("id", "#11"),
            ("owner_user_id", "#1"),
            ("name", "'bot'"),
            ("prefix", "'tsk_abcd'"),
            ("token_hash", "'00'"),
            ("scopes", "'[\"admin\"]'"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "accounts",
        "refresh_tokens",
        &[
            ("id", "#12"),
            ("owner_user_id", "#1"),
            ("family_id", "#13"),
            ("token_hash", "'00'"),
            ("session_version", "0"),
            ("expires_at", "@"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "accounts",
        "audit_log",
        &[
            ("seq", "1"),
            ("at", "@"),
            ("actor_user_id", "#1"),
            ("actor_kind", "'user'"),
            ("action", "'user.add'"),
            ("resource_type", "'user'"),
            ("details", "'{}'"),
            ("request_id", "'r'"),
            ("outcome", "'done'"),
            ("prev_hash", "'00'"),
            ("hash", "'01'"),
        ],
    ),
    (
        "threads",
        "threads",
        &[
            ("user_id", "#1"),
            ("id", "#10"),
            ("platform", "'signals'"),
            ("chat_id", "'momentum'"),
            ("state", "'idle'"),
            ("metadata", "'{}'"),
            ("created_at", "@"),
            ("updated_at", "@"),
        ],
    ),
    (
        "threads",
        "messages",
        &[
            ("user_id", "#1"),
            ("id", "#11"),
            ("thread_id", "#10"),
            ("seq", "1"),
            ("platform_message_id", "'msg_1'"),
            ("role", "'tool'"),
            ("text", "'NKE'"),
            ("raw_payload", "'{\"a\": 1.50}'"),
            ("created_at", "@"),
        ],
    ),
    (
        "threads",
        "artifacts",
        &[
            ("user_id", "#1"),
            ("id", "#12"),
            ("message_id", "#11"),
            ("kind", "'signal'"),
            ("content_json", "'{\"a\": 1.50}'"),
            ("created_at", "@"),
        ],
    ),
    (
        "threads",
        "received_webhooks",
        &[
            ("producer", "'momentum'"),
            ("message_id", "'msg_1'"),
            ("received_at", "@"),
        ],
    ),
    (
        "pack_builds",
        "pack_build_steps",
        &[
            ("pack_id", "'PP_2025-01-02'"),
            ("seq", "1"),
            ("step", "'build'"),
            ("attempt", "1"),
            ("outcome", "'done'"),
            ("detail", "'{\"prices\": 1}'"),
            ("started_at", "@"),
            ("finished_at", "@"),
        ],
    ),
];

fn literal(value: &str, engine: Engine) -> String {
    match (value.split_at(1), engine) {
        (("#", n), Engine::Sqlite) => format!("x'{n:0>32}'"),
        (("#", n), Engine::Postgres) => format!("'{n:0>32}'"),
        (("@", _), _) => "'2025-01-02 03:04:05.678901+00:00'".to_owned(),
        (("!", _), Engine::Sqlite) => "1".to_owned(),
        (("?", _), Engine::Sqlite) => "0".to_owned(),
        (("!", _), Engine::Postgres) => "true".to_owned(),
        (("?", _), Engine::Postgres) => "false".to_owned(),
        _ => value.to_owned(),
    }
}

pub async fn write_rows(schema: &Schema, engine: Engine, applied: &[String]) -> Vec<&'static str> {
    let mut written = Vec::new();
    for (since, table, columns) in ROWS {
        if !applied.iter().any(|name| name.ends_with(since)) {
            continue;
        }
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|(_, value)| literal(value, engine))
            .collect();
        let insert = format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            names.join(", "),
            values.join(", ")
        );
        tell(schema.connection(), &insert).await;
        written.push(table);
    }
    written
}

async fn columns(schema: &Schema, engine: Engine, table: &str) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
        Engine::Postgres => format!(
            "SELECT attname::text AS name FROM pg_attribute
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        ),
    };
    all(schema, &sql).await
}

async fn rows(schema: &Schema, engine: Engine, table: &str, columns: &[String]) -> Vec<String> {
    let cast = |column: &String| match engine {
        Engine::Sqlite => format!("quote({column})"),
        Engine::Postgres => format!("quote_nullable({column}::text)"),
    };
    let columns: Vec<String> = columns.iter().map(cast).collect();
    all(
        schema,
        &format!("SELECT {} FROM {table}", columns.join(" || ' ' || ")),
    )
    .await
}

async fn all(schema: &Schema, sql: &str) -> Vec<String> {
    let connection = schema.connection();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

testkit::on_both_engines! {
    async fn rows_of_every_version_reach_the_newest_unharmed(db) {
        let engine = db.database.engine();
        let options = Options { may_contract: true, ..Options::default() };
        let schema = Schema::of(&db.database, options).await.unwrap();
        let names: Vec<String> = schema.known().iter().map(|known| known.name.clone()).collect();
        for (index, version) in names.iter().enumerate() {
            schema.fresh().await.unwrap();
            schema.down(&Target::Version(version.clone())).await.unwrap();
            let tables = write_rows(&schema, engine, &names[..=index]).await;
            let mut before = Vec::new();
            for table in &tables {
                let columns = columns(&schema, engine, table).await;
                let rows = rows(&schema, engine, table, &columns).await;
                assert_eq!(rows.len(), 1, "{table}");
                before.push((columns, rows));
            }

            schema.up(&Target::Head).await.unwrap();

            for (table, (columns, before)) in tables.iter().zip(before) {
                let after = rows(&schema, engine, table, &columns).await;
                assert_eq!(after, before, "{table}, from {version}");
            }
        }
    }
}
