//! Ranges of days and the latest of them, against what one would write down by hand.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta};
use db::query::{count, date_range, execute_many, latest_by_date};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QuerySelect,
};

use crate::queries::table::{
    make_tables, sample,
    sample::{Column, Entity, Model},
    stored,
};

fn day(number: i64) -> NaiveDate {
    DateTime::UNIX_EPOCH.date_naive() + TimeDelta::days(number)
}

/// Rows over some days and owners, with gaps in both, and instants at the edges of days.
async fn fill(db: &impl sea_orm::TransactionTrait<Transaction = db::Tx>) {
    let rows = (1..=200_i64).map(|id| {
        let of_day = (id * 37) % 23;
        let moments = [0, 1, 43_200_000_000, 86_399_999_999];
        let micros = of_day * 86_400_000_000 + moments[usize::try_from(id % 4).unwrap()];
        let row = sample(id);
        sample::ActiveModel {
            owner: Set((id % 11 != 0).then(|| format!("owner {}", id % 7))),
            day: Set((id % 13 != 0).then(|| day(of_day))),
            at: Set((id % 17 != 0).then(|| DateTime::from_timestamp_micros(micros).unwrap())),
            is_set: Set(Some(id % 3 == 0)),
            ..row
        }
    });
    execute_many(db, rows).await.unwrap();
}

async fn ids_of(select: sea_orm::Select<Entity>, db: &impl ConnectionTrait) -> Vec<i64> {
    select
        .all(db)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.id)
        .collect()
}

fn latest_of<K: Ord>(rows: &[Model], key: impl Fn(&Model) -> Option<K>) -> Vec<i64> {
    let mut newest: BTreeMap<K, NaiveDate> = BTreeMap::new();
    for row in rows {
        if let (Some(key), Some(day)) = (key(row), row.day) {
            let known = newest.entry(key).or_insert(day);
            *known = day.max(*known);
        }
    }
    let is_latest = |row: &&Model| {
        row.day.is_some() && key(row).is_some_and(|key| newest.get(&key).copied() == row.day)
    };
    rows.iter().filter(is_latest).map(|row| row.id).collect()
}

testkit::on_both_engines! {
    async fn the_latest_rows_are_those_a_plain_search_finds(db) {
        make_tables(&db).await;
        fill(&db.database).await;
        let rows = stored(&db.database).await;

        let all = latest_by_date(Column::Day, [], Condition::all());
        assert_eq!(ids_of(all, &db.database).await, latest_of(&rows, |_| Some(())));
        let of_each = latest_by_date(Column::Day, [Column::Owner], Condition::all());
        assert_eq!(ids_of(of_each, &db.database).await, latest_of(&rows, |row| row.owner.clone()));

        for last in [0, 5, 11, 22, 40] {
            let until = |row: &Model| row.day.is_some_and(|found| found <= day(last));
            let filter = Condition::all()
                .add(Column::Day.lte(day(last)))
                .add(Column::IsSet.eq(true));
            let some: Vec<_> = rows
                .iter()
                .filter(|row| until(row) && row.is_set == Some(true))
                .cloned()
                .collect();
            let of_each = latest_by_date(Column::Day, [Column::Owner, Column::IsSet], filter);
            let expected = latest_of(&some, |row| row.owner.clone());
            assert_eq!(ids_of(of_each, &db.database).await, expected);
        }
        let none = latest_by_date(Column::Day, [], Column::Id.lt(0));
        assert!(ids_of(none, &db.database).await.is_empty());
    }

    async fn a_range_of_days_has_both_its_ends(db) {
        make_tables(&db).await;
        fill(&db.database).await;
        let mut by_day = stored(&db.database).await;
        by_day.sort_by_key(|row| (row.day, row.id));
        let mut by_instant = by_day.clone();
        by_instant.sort_by_key(|row| (row.at, row.id));
        let ends = [None, Some(day(-1)), Some(day(3)), Some(day(4)), Some(day(30))];
        for (from, to) in ends.iter().flat_map(|from| ends.map(|to| (*from, to))) {
            let is_within = |day: &NaiveDate| {
                from.is_none_or(|from| from <= *day) && to.is_none_or(|to| *day <= to)
            };
            let days = date_range(Column::Day, from, to);
            let expected = by_day.iter().filter(|row| row.day.as_ref().is_some_and(is_within));
            let expected: Vec<i64> = expected.map(|row| row.id).collect();
            assert_eq!(count(&db.database, days.clone()).await.unwrap(), expected.len() as u64);
            assert_eq!(ids_of(days, &db.database).await, expected);

            let instants = date_range(Column::At, from, to);
            let day_of = |row: &Model| row.at.map(|at| at.date_naive());
            let expected = by_instant.iter().filter(|row| day_of(row).as_ref().is_some_and(is_within));
            let expected: Vec<i64> = expected.map(|row| row.id).collect();
            assert_eq!(ids_of(instants, &db.database).await, expected);
        }
    }

    async fn a_count_is_of_what_would_be_answered(db) {
        make_tables(&db).await;
        assert_eq!(count(db.database.reader(), Entity::find()).await.unwrap(), 0);
        fill(&db.database).await;
        assert_eq!(count(db.database.reader(), Entity::find()).await.unwrap(), 200);
        assert_eq!(count(&db.database, Entity::find().limit(7)).await.unwrap(), 7);
    }
}
