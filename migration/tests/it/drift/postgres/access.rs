use super::super::drifted::{Drift, one};

pub const ACCESS: &[Drift] = &[
    one(
        "dropped policy",
        &["DROP POLICY own_rows ON portfolios"],
        &[&[
            "missing policy own_rows on portfolios",
            "CREATE POLICY own_rows ON portfolios",
        ]],
    ),
    one(
        "changed policy",
        &["ALTER POLICY own_rows ON portfolios USING (true)"],
        &[&["different policy own_rows on portfolios", "USING (true)"]],
    ),
    one(
        "policy without WITH CHECK",
        &[
            "DROP POLICY own_rows ON portfolios",
            "CREATE POLICY own_rows ON portfolios
                USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid)",
        ],
        &[&["different policy own_rows on portfolios", "WITH CHECK"]],
    ),
    one(
        "policy for other roles",
        &["ALTER POLICY seen_by_monitor ON portfolios TO PUBLIC"],
        &[&[
            "policy seen_by_monitor on portfolios",
            "TO pg_monitor",
            "TO PUBLIC",
        ]],
    ),
    one(
        "restrictive policy",
        &[
            "DROP POLICY seen_by_monitor ON portfolios",
            "CREATE POLICY seen_by_monitor ON portfolios AS RESTRICTIVE FOR SELECT TO pg_monitor
                USING (is_active)",
        ],
        &[&["policy seen_by_monitor on portfolios", "RESTRICTIVE"]],
    ),
    one(
        "added policy",
        &["CREATE POLICY everything ON portfolios USING (true)"],
        &[&[
            "unexpected policy everything on portfolios",
            "DROP POLICY everything",
        ]],
    ),
    one(
        "row security disabled",
        &["ALTER TABLE portfolios DISABLE ROW LEVEL SECURITY"],
        &[&[
            "row security of portfolios",
            "expected enabled, forced",
            "found disabled",
        ]],
    ),
    one(
        "row security not forced",
        &["ALTER TABLE portfolios NO FORCE ROW LEVEL SECURITY"],
        &[&["row security of portfolios", "found enabled, not forced"]],
    ),
    one(
        "row security where there is none",
        &["ALTER TABLE odd ENABLE ROW LEVEL SECURITY"],
        &[&["row security of odd", "expected disabled"]],
    ),
    one(
        "grant added",
        &["GRANT DELETE ON portfolios TO pg_monitor"],
        &[&[
            "unexpected grant DELETE to pg_monitor on portfolios",
            "REVOKE DELETE",
        ]],
    ),
    one(
        "grant revoked",
        &["REVOKE INSERT ON portfolios FROM pg_monitor"],
        &[&[
            "missing grant INSERT to pg_monitor on portfolios",
            "GRANT INSERT",
        ]],
    ),
    one(
        "grant to PUBLIC",
        &["GRANT SELECT ON users TO PUBLIC"],
        &[&["unexpected grant SELECT to PUBLIC on users"]],
    ),
    one(
        "grant on a column",
        &["GRANT SELECT (email) ON users TO pg_monitor"],
        &[&["unexpected grant SELECT (email) to pg_monitor on users"]],
    ),
    one(
        "grant on a column revoked",
        &["REVOKE UPDATE (name) ON portfolios FROM pg_monitor"],
        &[&["missing grant UPDATE (name) to pg_monitor on portfolios"]],
    ),
    one(
        "grant with its option",
        &["GRANT SELECT ON portfolios TO pg_monitor WITH GRANT OPTION"],
        &[&[
            "different grant SELECT to pg_monitor on portfolios",
            "REVOKE GRANT OPTION FOR",
        ]],
    ),
    one(
        "a function for PUBLIC",
        &["GRANT EXECUTE ON FUNCTION refuse_truncation() TO PUBLIC"],
        &[&["unexpected grant EXECUTE to PUBLIC on refuse_truncation()"]],
    ),
    one(
        "a function taken from PUBLIC",
        &["REVOKE EXECUTE ON FUNCTION refuse_frozen_content() FROM PUBLIC"],
        &[&["missing grant EXECUTE to PUBLIC on refuse_frozen_content()"]],
    ),
];
