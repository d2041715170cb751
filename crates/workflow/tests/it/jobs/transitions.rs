use entity::values::{JobEventKind, JobStatus};
use sea_orm::Iterable;
use workflow::jobs::transition::{is_open, next, replay};

/// The table as it is drawn in docs/jobs.md, row by row.
const TABLE: &str = "
queued: claimed running, canceled canceled
running: completed done, retried queued, failed failed, lease_expired queued, exhausted failed,
    cancel_requested running, canceled canceled, parked awaiting_approval
awaiting_approval: resumed queued, refused failed, canceled canceled
done:
failed: redriven queued
canceled:";

#[test]
fn what_is_not_in_the_table_cannot_happen() {
    let table = TABLE.replace(",\n   ", ",");
    let mut rows = 0;
    for row in table.lines().filter(|row| !row.is_empty()) {
        let (status, cells) = row.split_once(':').unwrap();
        let status: JobStatus = status.parse().unwrap();
        for event in JobEventKind::iter() {
            let cell = cells.split(',').find_map(|cell| {
                let (name, to) = cell.trim().split_once(' ')?;
                (name == event.as_str()).then(|| to.parse::<JobStatus>().unwrap())
            });
            assert_eq!(next(Some(status), event), cell, "{status} {event}");
        }
        rows += 1;
    }
    assert_eq!(rows, JobStatus::iter().count());
}

#[test]
fn a_job_begins_by_being_enqueued_and_nothing_else() {
    for event in JobEventKind::iter() {
        let is_first = event == JobEventKind::Enqueued;
        assert_eq!(next(None, event).is_some(), is_first);
        assert!(JobStatus::iter().all(|status| !is_first || next(Some(status), event).is_none()));
    }
    assert!(JobStatus::iter().filter(|status| is_open(*status)).count() == 3);
}

#[test]
fn a_history_that_cannot_have_been_is_found() {
    use JobEventKind::{Canceled, Claimed, Completed, Enqueued};
    assert_eq!(replay([]), Ok(None));
    assert_eq!(
        replay([Enqueued, Claimed, Completed]),
        Ok(Some(JobStatus::Done))
    );
    assert_eq!(replay([Enqueued, Claimed, Completed, Canceled]), Err(4));
    assert_eq!(replay([Claimed]), Err(1));
}
