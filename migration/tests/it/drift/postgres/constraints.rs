use super::super::drifted::{Drift, one};

pub const CONSTRAINTS: &[Drift] = &[
    one(
        "dropped primary key",
        &["ALTER TABLE prices DROP CONSTRAINT prices_pkey"],
        &[&[
            "missing primary key prices_pkey on prices",
            "PRIMARY KEY (pack_id, security_id)",
        ]],
    ),
    one(
        "dropped unique key",
        &["ALTER TABLE users DROP CONSTRAINT users_email_key"],
        &[&[
            "missing unique key users_email_key on users",
            "UNIQUE (email)",
        ]],
    ),
    one(
        "added unique key",
        &["ALTER TABLE users ADD CONSTRAINT one_name UNIQUE (display_name)"],
        &[&["unexpected unique key one_name on users"]],
    ),
    one(
        "unique key made deferrable",
        &["ALTER TABLE users DROP CONSTRAINT users_email_key,
            ADD CONSTRAINT users_email_key UNIQUE (email) DEFERRABLE"],
        &[&[
            "different unique key users_email_key on users",
            "DEFERRABLE",
        ]],
    ),
    one(
        "dropped check",
        &["ALTER TABLE lots DROP CONSTRAINT lots_quantity_check"],
        &[&[
            "missing check lots_quantity_check on lots",
            "abs(quantity_open)",
        ]],
    ),
    one(
        "changed check",
        &["ALTER TABLE users DROP CONSTRAINT users_role_check,
            ADD CONSTRAINT users_role_check CHECK (role <> 'admin')"],
        &[&[
            "different check users_role_check on users",
            "found CHECK (role <> 'admin'::text)",
        ]],
    ),
    one(
        "check not valid",
        &["ALTER TABLE users DROP CONSTRAINT users_email_check,
            ADD CONSTRAINT users_email_check CHECK (email = lower(email)) NOT VALID"],
        &[&[
            "different check users_email_check on users",
            "NOT VALID",
            "VALIDATE CONSTRAINT users_email_check",
        ]],
    ),
    one(
        "dropped foreign key",
        &["ALTER TABLE prices DROP CONSTRAINT prices_pack_id_fkey"],
        &[&[
            "missing foreign key prices_pack_id_fkey on prices",
            "REFERENCES pricing_packs(id)",
        ]],
    ),
    one(
        "foreign key with another ON DELETE",
        &[
            "ALTER TABLE imports DROP CONSTRAINT imports_user_id_portfolio_id_fkey,
            ADD CONSTRAINT imports_user_id_portfolio_id_fkey FOREIGN KEY (user_id, portfolio_id)
                REFERENCES portfolios (user_id, id) ON DELETE SET NULL",
        ],
        &[&[
            "different foreign key imports_user_id_portfolio_id_fkey on imports",
            "expected FOREIGN KEY",
            "ON DELETE CASCADE, found",
            "ON DELETE SET NULL",
        ]],
    ),
    one(
        "foreign key not valid",
        &["ALTER TABLE prices DROP CONSTRAINT prices_pack_id_fkey,
            ADD CONSTRAINT prices_pack_id_fkey FOREIGN KEY (pack_id)
                REFERENCES pricing_packs (id) NOT VALID"],
        &[&[
            "foreign key prices_pack_id_fkey on prices",
            "VALIDATE CONSTRAINT prices_pack_id_fkey",
        ]],
    ),
    one(
        "foreign key deferrable",
        &["ALTER TABLE prices ALTER CONSTRAINT prices_pack_id_fkey DEFERRABLE"],
        &[&["foreign key prices_pack_id_fkey on prices", "DEFERRABLE"]],
    ),
    one(
        "dropped exclusion constraint",
        &["ALTER TABLE lots DROP CONSTRAINT lots_label_excluded"],
        &[&["missing exclusion constraint lots_label_excluded on lots"]],
    ),
];
