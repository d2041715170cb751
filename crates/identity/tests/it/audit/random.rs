//! Random logs, and random hands on them.

use entity::identity::audit_entry::{self, Column};
use identity::audit::{self, Entry};
use proptest::{collection::vec, prelude::*, sample::select};
use sea_orm::Iterable;
use serde_json::Value;
use testkit::TestDatabase;

use super::{add, rows, tamper};

/// Rows are named by a number that is taken modulo the log's length.
#[derive(Clone, Debug)]
enum Tampering {
    Edit(Column, usize),
    Delete(usize),
    Swap(usize, usize),
    Insert(usize),
    CutOff(usize),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let columns: Vec<Column> = Column::iter().collect();
    let place = any::<usize>;
    prop_oneof![
        (select(columns), place()).prop_map(|(column, at)| Tampering::Edit(column, at)),
        place().prop_map(Tampering::Delete),
        (place(), place()).prop_map(|(one, other)| Tampering::Swap(one, other)),
        place().prop_map(Tampering::Insert),
        place().prop_map(Tampering::CutOff),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn entry()(
        id in any::<String>(),
        is_done in any::<bool>(),
        fields in vec((any::<String>(), json()), 0..4),
    ) -> Entry {
        let entry = if is_done { Entry::done("thing.change", "thing") }
            else { Entry::refused("thing.read", "thing") };
        fields.into_iter().fold(entry.of(id), |entry, (name, value)| entry.with(name, value))
    }
}

/// Does it, and answers with the number of the first row that is not as it was.
async fn tamper_with(db: &TestDatabase, tampering: &Tampering) -> i64 {
    let rows = rows(&db.database).await;
    let nth = |at: usize| i64::try_from(at % rows.len()).unwrap() + 1;
    let last = nth(rows.len() - 1);
    let owner = tamper::owner(db).await;
    let first = match *tampering {
        Tampering::Edit(column, at) => {
            tamper::edit(&owner, column, nth(at)).await;
            nth(at)
        }
        Tampering::Delete(at) => {
            tamper::delete(&owner, nth(at), nth(at)).await;
            nth(at)
        }
        Tampering::Swap(one, other) if nth(one) == nth(other) => last + 1,
        Tampering::Swap(one, other) => {
            tamper::swap(&owner, nth(one), nth(other)).await;
            nth(one).min(nth(other))
        }
        Tampering::Insert(at) => {
            tamper::renumber(&owner, nth(at), 1).await;
            let like = rows[at % rows.len()].clone();
            let row = audit_entry::Model {
                seq: nth(at),
                ..like
            };
            tamper::insert(&owner, tamper::sealed(row, &"cd".repeat(32))).await;
            nth(at)
        }
        Tampering::CutOff(at) => {
            tamper::delete(&owner, nth(at), last).await;
            nth(at)
        }
    };
    owner.close().await;
    first
}

async fn story(db: TestDatabase, entries: Vec<Entry>, tampering: Tampering) {
    let ctx = db.ctx().await;
    for entry in &entries {
        add(&ctx, &db.database, entry.clone()).await;
    }
    let untouched = audit::verify(&db.database, None, &|_| ()).await.unwrap();
    assert_eq!(
        (untouched.good.seq.unsigned_abs(), untouched.fault),
        (entries.len() as u64, None)
    );

    let first = tamper_with(&db, &tampering).await;
    let verdict = audit::verify(&db.database, Some(&untouched.good), &|_| ())
        .await
        .unwrap();
    assert_eq!(verdict.good.seq, first - 1);
    let found = verdict.fault.as_ref().map(audit::Fault::seq);
    let is_touched = first <= untouched.good.seq;
    assert_eq!(found, is_touched.then_some(first), "{:?}", verdict.fault);
    db.database.close().await;
}

fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(story);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_row_that_was_touched_is_found_on_sqlite(
        entries in vec(entry(), 1..12), tampering in tampering(),
    ) {
        if testkit::sqlite_is_wanted() {
            run(async { story(TestDatabase::sqlite().await, entries, tampering).await });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_row_that_was_touched_is_found_on_postgres(
        entries in vec(entry(), 1..12), tampering in tampering(),
    ) {
        run(async {
            if let Some(db) = TestDatabase::postgres().await {
                story(db, entries, tampering).await;
            }
        });
    }
}
