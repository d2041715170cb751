use db::Database;
use migration::{
    Options, Schema, State, Version, Versions,
    catalogue::{self, Catalogue, Kind},
    drift::{self, Difference, Fix},
};
use serde_json::{Value, json};

use super::{entities, with_schema};
use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
};

/// What a look at the database found.
struct Found {
    versions: Vec<Version>,
    differences: Vec<Difference>,
    /// Why the schema itself was not compared.
    not_compared: Option<String>,
}

pub async fn run(database: &Database, options: Options, output: Json) -> Result<(), Error> {
    let found = with_schema(database, options, look).await?;
    let faults = found.versions.len() + found.differences.len();
    if output.json {
        print_json(&found.json())?;
    } else if faults == 0 {
        print("The schema is what the migrations and the program expect.")?;
    } else {
        print(&found.lines().join("\n"))?;
    }
    if faults == 0 {
        Ok(())
    } else {
        Err(Error::Drifted(faults))
    }
}

async fn look(schema: &Schema) -> Result<Found, migration::Error> {
    let versions = schema.versions().await?;
    let (differences, not_compared) = match incomparable(&versions) {
        Some(reason) => (Vec::new(), Some(reason)),
        None => (compare(schema, &versions).await?, None),
    };
    let is_fault = |version: &Version| version.state != State::Applied;
    Ok(Found {
        versions: versions.0.into_iter().filter(is_fault).collect(),
        differences,
        not_compared,
    })
}

/// Nobody can say what migrations make that are not here.
fn incomparable(versions: &Versions) -> Option<String> {
    let is_foreign = |version: &&Version| matches!(version.state, State::Unknown | State::Missing);
    let foreign = versions.0.iter().find(is_foreign)?;
    Some(format!(
        "the schema was not compared, since this program does not know {}",
        foreign.name
    ))
}

/// A database that is behind is compared with what its own version makes; one with tables and no
/// version, which somebody wants to take over, with the newest.
async fn compare(
    schema: &Schema,
    versions: &Versions,
) -> Result<Vec<Difference>, migration::Error> {
    let found: Catalogue = catalogue::read(schema.connection(), None).await?;
    let until = match versions.current() {
        Some(current) => Some(current),
        None if found.of_kind(Kind::Table).next().is_none() => return Ok(Vec::new()),
        None => None,
    };
    let apply = async |tx: &_| drift::apply(tx, until).await;
    let expected = drift::expected(schema.connection(), apply).await?;
    let mut differences = drift::differences(&expected, &found);
    if versions.pending().is_empty() {
        for difference in drift::from_entities(&found, &entities::tables()) {
            // What is wrong with a table already may be wrong with its entity for that reason.
            let is_told = |told: &Difference| told.object().table == difference.object().table;
            if !differences.iter().any(is_told) {
                differences.push(difference);
            }
        }
    }
    Ok(differences)
}

impl Found {
    fn lines(&self) -> Vec<String> {
        let versions = self.versions.iter().map(version_line);
        let differences = self.differences.iter().map(ToString::to_string);
        let rest = self.not_compared.clone().into_iter();
        versions.chain(differences).chain(rest).collect()
    }

    fn json(&self) -> Value {
        let versions: Vec<Value> = self
            .versions
            .iter()
            .map(|version| {
                json!({
                    "name": version.name,
                    "state": version.state.as_str(),
                    "fix": fix_of(version),
                })
            })
            .collect();
        let differences: Vec<Value> = self.differences.iter().map(difference_json).collect();
        json!({
            "is_clean": versions.is_empty() && differences.is_empty(),
            "versions": versions,
            "differences": differences,
            "not_compared": self.not_compared,
        })
    }
}

fn difference_json(difference: &Difference) -> Value {
    let (sql, advice) = match difference.fix() {
        Fix::Sql(sql) => (Some(sql), None),
        Fix::Advice(advice) => (None, Some(advice)),
    };
    json!({
        "what": difference.what().as_str(),
        "object": difference.object().to_string(),
        "detail": difference.detail(),
        "fix_sql": sql,
        "fix_advice": advice,
    })
}

fn version_line(version: &Version) -> String {
    let state = version.state.as_str();
    format!(
        "{state} migration {}; fix: {}",
        version.name,
        fix_of(version)
    )
}

fn fix_of(version: &Version) -> String {
    let name = &version.name;
    match version.state {
        State::Applied => String::new(),
        State::Pending | State::Dirty => "tallystick migrate up".to_owned(),
        State::Edited => format!("restore its text, or tallystick migrate stamp --only {name}"),
        State::Unrecorded | State::Lost => format!("tallystick migrate stamp --only {name}"),
        State::Missing => "restore its file".to_owned(),
        State::Unknown => "use the program that knows it".to_owned(),
    }
}
