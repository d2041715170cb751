//! What the database server says of itself, and what of it deserves a word.

use std::fmt::Write;

use db::{
    Database, Engine,
    survey::{Pooler, Survey},
};

use super::Check;

/// The oldest PostgreSQL on which everything here works.
const OLDEST_POSTGRES: u32 = 14;

pub async fn checks(database: &Database) -> Vec<Check> {
    let survey = match database.survey().await {
        Ok(survey) => survey,
        Err(error) => {
            let advice = "see the sentence to the left";
            return vec![Check::fault("server", error.to_string(), advice)];
        }
    };
    let mut checks = vec![version(database.engine(), &survey)];
    checks.extend(role(&survey));
    checks.push(settings(database, &survey));
    if database.engine() == Engine::Postgres {
        checks.push(Check::ok("extensions", survey.extensions.join(", ")));
        checks.push(Check::ok("connections", connections(&survey)));
    }
    checks.extend(survey.pooler.as_ref().map(pooler));
    checks.extend(replicas(database));
    checks.push(Check::ok("tables", tables(&survey)));
    checks
}

fn version(engine: Engine, survey: &Survey) -> Check {
    let major = survey
        .version
        .split([' ', '.'])
        .find_map(|word| word.parse().ok());
    if engine == Engine::Postgres && major.is_some_and(|major: u32| major < OLDEST_POSTGRES) {
        let advice = format!("use PostgreSQL {OLDEST_POSTGRES} or later");
        return Check::fault("server", survey.version.clone(), advice);
    }
    Check::ok("server", survey.version.clone())
}

fn role(survey: &Survey) -> Option<Check> {
    let role = survey.role.as_ref()?;
    let name = &role.name;
    let found = if role.is_superuser {
        format!("{name}, a superuser: row-level security does not hold for it")
    } else if role.bypasses_row_security {
        format!("{name}, which has BYPASSRLS: row-level security does not hold for it")
    } else if role.owns_tables {
        format!("{name}, which owns the tables: it could turn row-level security off")
    } else if role.is_administrator {
        format!("{name}, a member of tallystick_admin: it sees the rows of all users")
    } else {
        return Some(Check::ok("role", name.clone()));
    };
    let advice = "connect as a login role that is a member of tallystick_app, and give the owner's \
                  address to migrations as database.owner_url; see docs/configuration.md, Roles";
    Some(Check::note("role", found, advice))
}

fn settings(database: &Database, survey: &Survey) -> Check {
    let value = |name: &str| {
        let setting = survey
            .settings
            .iter()
            .find(|setting| setting.name == name)?;
        Some(setting.value.as_str())
    };
    let number = |name| value(name).and_then(|text| text.parse::<usize>().ok());
    let found = survey
        .settings
        .iter()
        .fold(String::new(), |mut found, setting| {
            let separator = if found.is_empty() { "" } else { ", " };
            let _ = write!(found, "{separator}{} = {}", setting.name, setting.value);
            found
        });
    for (name, safe) in [("fsync", "on"), ("full_page_writes", "on")] {
        if value(name).is_some_and(|value| value != safe) {
            let advice =
                format!("turn {name} on: without it a crash of the server loses the books");
            return Check::fault("settings", found, advice);
        }
    }
    if value("synchronous_commit") == Some("off") {
        let advice =
            "turn synchronous_commit on: a crash may lose what was acknowledged just before";
        return Check::note("settings", found, advice);
    }
    if let Some(most) = number("max_connections") {
        let usable = most.saturating_sub(number("superuser_reserved_connections").unwrap_or(3));
        let wanted = database.most_connections();
        if wanted > usable {
            let advice = format!(
                "this program may open {wanted} connections and the server lets {usable} in: lower \
                 database.pool_max_size and database.max_overflow, or raise max_connections"
            );
            return Check::fault("settings", found, advice);
        }
    }
    Check::ok("settings", found)
}

fn pooler(pooler: &Pooler) -> Check {
    let subject = "pooler";
    if pooler.direct_is_same_server == Some(false) {
        let found = "database.direct_url leads to another server than database.url";
        return Check::fault(subject, found, "point both at the same server");
    }
    match (pooler.is_configured, pooler.keeps_session_settings) {
        (true, _) if pooler.direct_is_same_server.is_none() => Check::fault(
            subject,
            "behind pgbouncer, with no direct way to the server",
            "set database.direct_url for migrations and locks; see docs/pgbouncer.md",
        ),
        (true, _) => Check::ok(subject, "behind pgbouncer, with a direct way beside it"),
        (false, true) => Check::ok(subject, "none on the way"),
        (false, false) => Check::fault(
            subject,
            "something on the way to the server drops what a session sets",
            "if it is pgbouncer, set database.behind_pgbouncer and database.direct_url",
        ),
    }
}

fn replicas(database: &Database) -> Vec<Check> {
    let replicas = database.replicas().into_iter();
    let check = |replica: db::ReplicaStatus| {
        let lag = replica
            .lag
            .map_or_else(String::new, |lag| format!(", {lag:.1?} behind"));
        let found = format!("{}: {}{lag}", replica.host, replica.state.as_str());
        match replica.state {
            db::ReplicaState::Connected => Check::ok("replica", found),
            db::ReplicaState::Lagging | db::ReplicaState::Disconnected => {
                Check::note("replica", found, "it is left out until it is well again")
            }
        }
    };
    replicas.map(check).collect()
}

fn connections(survey: &Survey) -> String {
    let each = survey.connections.iter();
    let each = each.map(|row| format!("{} {}", row.application, row.number));
    each.collect::<Vec<_>>().join(", ")
}

fn tables(survey: &Survey) -> String {
    let each = survey.tables.iter();
    let each = each.map(|table| format!("{} {} kB", table.name, table.bytes / 1000));
    each.collect::<Vec<_>>().join(", ")
}
