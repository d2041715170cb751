//! No table is forgotten: the catalogue knows them all.

use db::ConnectionTrait;
use testkit::TestDatabase;

use super::texts;

const OWN: &str =
    "(user_id = (NULLIF(current_setting(''app.user_id''::text, true), ''''::text))::uuid)";

/// Tables of users that lack a part of their lock. Partitions are locked without a policy: they are
/// read and written through their table, and by themselves by nobody.
async fn unlocked(db: &impl ConnectionTrait) -> Vec<String> {
    let sql = format!(
        "SELECT c.relname::text FROM pg_class c
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND (c.relispartition OR ARRAY(
             SELECT concat_ws(' ', polname, polcmd, polpermissive, polroles::regrole[],
                 pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
             FROM pg_policy WHERE polrelid = c.oid ORDER BY polname)
         = ARRAY['administrator * t {{tallystick_admin}} true true', 'tenant * t {{-}} {OWN} {OWN}']))
         ORDER BY 1"
    );
    texts(db, &sql).await
}

/// What each role may do with a table, where that is not what it should be.
async fn wrongly_granted(db: &impl ConnectionTrait) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', c.relname, role, found)
        FROM pg_class c
        CROSS JOIN unnest(ARRAY['tallystick_app', 'tallystick_readonly', 'tallystick_admin']) AS role
        CROSS JOIN LATERAL (SELECT string_agg(privilege, ' ') AS found FROM unnest(ARRAY['SELECT',
            'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
            WHERE has_table_privilege(role, c.oid, privilege)) AS privileges
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
        AND found IS DISTINCT FROM CASE
            WHEN c.relispartition THEN NULL
            WHEN c.relname IN ('credentials', 'login_throttles', 'api_tokens', 'refresh_tokens')
                AND role = 'tallystick_readonly' THEN NULL
            WHEN role = 'tallystick_app' AND c.relname = 'audit_log' THEN 'SELECT INSERT'
            WHEN role = 'tallystick_app' AND c.relname = 'audit_heads' THEN 'SELECT UPDATE'
            WHEN role = 'tallystick_readonly'
                OR c.relname IN ('audit_log', 'audit_heads') OR c.relname IN ('seaql_migrations', 'tallystick_history') THEN 'SELECT'
            ELSE 'SELECT INSERT UPDATE DELETE' END
        ORDER BY 1";
    texts(db, sql).await
}

#[tokio::test]
async fn every_table_of_users_is_locked_and_every_table_is_granted() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let owner = db.owner().await;
    assert!(
        unlocked(&owner).await.is_empty(),
        "{:?}",
        unlocked(&owner).await
    );
    assert!(
        wrongly_granted(&owner).await.is_empty(),
        "{:?}",
        wrongly_granted(&owner).await
    );
    let names = "SELECT relname::text FROM pg_class WHERE relrowsecurity ORDER BY 1";
    assert!(texts(&owner, names).await.len() >= 8);

    // The questions above find what is wrong.
    owner
        .execute_unprepared("CREATE TABLE notes (user_id uuid)")
        .await
        .unwrap();
    assert_eq!(unlocked(&owner).await, ["notes"]);
    assert_eq!(wrongly_granted(&owner).await.len(), 3);
    owner
        .execute_unprepared("ALTER TABLE lots NO FORCE ROW LEVEL SECURITY; GRANT TRUNCATE ON prices TO tallystick_app")
        .await
        .unwrap();
    assert_eq!(unlocked(&owner).await, ["lots", "notes"]);
    assert_eq!(wrongly_granted(&owner).await.len(), 4);
}

#[tokio::test]
async fn the_roles_can_do_nothing_by_themselves() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let sql = "SELECT rolname::text FROM pg_roles WHERE rolname IN
            ('tallystick_app', 'tallystick_readonly', 'tallystick_admin')
        AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
        AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
        ORDER BY 1";
    let expected = ["tallystick_admin", "tallystick_app", "tallystick_readonly"];
    assert_eq!(texts(&db.database, sql).await, expected);
}
