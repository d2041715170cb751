//! `tallystick audit`: the log, and whether it is as it was written.

use std::path::PathBuf;

use api::routes::audit::{AuditEntryOut, AuditVerdictOut};
use db::{
    Database, Priority,
    page::{Listed, Page},
};
use entity::identity::audit_entry::Model;
use identity::{
    KeySet,
    audit::{self, Filter, SignatureError, SignedHead},
};

use crate::{
    audit_head,
    cli::audit::{Audit, List},
    error::Error,
    output::{print, print_json},
    progress::Progress,
    session,
    settings::Settings,
    table::{Column, or_dash, table},
};

pub async fn run(settings: &Settings, command: Audit) -> Result<(), Error> {
    let database = session::open_database(settings).await?;
    let database = database.with_priority(Priority::Background);
    let outcome = match command {
        Audit::Verify { head, output } => verify(settings, &database, head, output.json).await,
        Audit::Head(output) => head(settings, &database, output.json).await,
        Audit::List(args) => list(&database, args).await,
    };
    database.close().await;
    outcome
}

async fn verify(
    settings: &Settings,
    database: &Database,
    head: Option<PathBuf>,
    json: bool,
) -> Result<(), Error> {
    let known = head.map(|file| read_head(settings, file)).transpose()?;
    let spinner = Progress::unless_json(json).spinner("Rows compared with their hashes: 0");
    let tell = |rows: i64| spinner.set_message(format!("Rows compared with their hashes: {rows}"));
    let known_head = known.as_ref().map(|known| &known.head);
    let verdict = audit::verify(database, known_head, &tell).await?;
    spinner.finish_and_clear();
    let fault = verdict.fault.clone();
    if json {
        print_json(&AuditVerdictOut::from(verdict))?;
    } else {
        print(&format!(
            "{} rows are as they were written; the hash of the last is {}",
            verdict.good.seq, verdict.good.hash
        ))?;
        if let (Some(known), None) = (known, &fault) {
            let (seq, at) = (known.head.seq, audit::instant(known.at));
            print(&format!("They include row {seq}, the head of {at}."))?;
        }
    }
    fault.map_or(Ok(()), |fault| Err(Error::Audit(fault)))
}

/// A head that this service has signed, or one without a signature: then whoever holds the file vouches for it.
fn read_head(settings: &Settings, file: PathBuf) -> Result<SignedHead, Error> {
    let head = audit::read(&file)?;
    let keys = KeySet::load(&settings.auth.keys_dir)?;
    let is_right = |kid: &str, bytes: &[u8], signature: &[u8]| keys.verify(kid, bytes, signature);
    match head.check_signature(is_right) {
        Ok(()) | Err(SignatureError::Missing) => Ok(head),
        Err(source) => Err(Error::AuditSignature { file, source }),
    }
}

async fn head(settings: &Settings, database: &Database, json: bool) -> Result<(), Error> {
    let file = settings.audit.head_file.clone();
    let keys = KeySet::load(&settings.auth.keys_dir)?;
    let head = audit_head::write(database, &keys, file.clone()).await?;
    if json {
        return print_json(&head);
    }
    if head.head.seq == 0 {
        return print("The audit log has no rows yet; nothing was written.");
    }
    print(&format!(
        "The audit log ends at row {} with the hash {} ({}).",
        head.head.seq,
        head.head.hash,
        file.display()
    ))
}

/// Rows that are asked for at once.
const PAGE: u64 = 500;

async fn list(database: &Database, args: List) -> Result<(), Error> {
    let (most, json) = (if args.all { u64::MAX } else { args.limit }, args.json);
    let filter = filter(args);
    let (mut after, mut rows, mut printed) = (None, Vec::new(), 0_u64);
    let has_more = loop {
        let limit = PAGE.min(most - printed);
        let page = Page { after, limit };
        let Listed { items, has_more } = audit::list(database.reader(), &filter, &page).await?;
        after = items.last().map(|row| row.seq);
        printed += items.len() as u64;
        for row in items {
            if json {
                print_json(&AuditEntryOut::from(row))?;
            } else {
                rows.push(row);
            }
        }
        if !has_more || printed == most {
            break has_more;
        }
    };
    if json {
        return Ok(());
    }
    print(&show(&rows))?;
    if has_more {
        print("There are more; --limit shows them.")?;
    }
    Ok(())
}

fn filter(args: List) -> Filter {
    Filter {
        actor_user_id: args.actor,
        action: args.action,
        resource_type: args.resource_type,
        resource_id: args.resource_id,
        outcome: args.outcome,
        from: args.from,
        to: args.to,
    }
}

fn show(rows: &[Model]) -> String {
    let columns = [
        Column::Numbers("row"),
        Column::Words("time"),
        Column::Words("actor"),
        Column::Words("action"),
        Column::Words("resource"),
        Column::Words("outcome"),
        Column::Words("from"),
    ];
    let cells = |row: &Model| {
        let actor = row.actor_user_id.map_or_else(
            || row.actor_kind.to_string(),
            |user| format!("{} {user}", row.actor_kind),
        );
        vec![
            row.seq.to_string(),
            audit::instant(row.at),
            actor,
            row.action.clone(),
            or_dash(row.resource_id.as_ref()),
            row.outcome.to_string(),
            or_dash(row.ip.as_ref()),
        ]
    };
    table(&columns, rows.iter().map(cells))
}
