//! Rows made up by chance.

use chrono::{DateTime, NaiveDate, TimeDelta};
use entity::values::Money;
use proptest::{collection::vec, option, prelude::*};
use sea_orm::prelude::Decimal;
use uuid::Uuid;

use crate::queries::table::sample::Model;

/// Text with what means something to COPY in it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\t".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\\".to_owned()),
        Just("\\N".to_owned()),
        Just("\\.".to_owned()),
        Just("\u{8}\u{b}\u{c}\"',$1".to_owned()),
        "[a-zA-Z0-9 ]{0,8}",
        "[^\u{0}]{0,8}",
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Up to 28 digits, as many of them after the point as may be.
fn amount() -> impl Strategy<Value = Money> {
    let most = 10_i128.pow(28) - 1;
    (-most..=most, 0_u32..=28, 0_u32..28).prop_map(|(digits, scale, shorter)| {
        Money::new(Decimal::from_i128_with_scale(
            digits / 10_i128.pow(shorter),
            scale,
        ))
    })
}

fn day() -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    (0_i64..3_652_059).prop_map(move |days| first + TimeDelta::days(days))
}

/// In PostgreSQL's years, to the microsecond.
fn instant() -> impl Strategy<Value = DateTime<chrono::Utc>> {
    (-60_000_000_000_000_000_i64..250_000_000_000_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        text().prop_map(|text| serde_json::json!({ "text": text, "list": [1, null, true] })),
        any::<i32>().prop_map(Into::into),
        // The word, not the absence of a value.
        Just(serde_json::json!("null")),
    ]
}

prop_compose! {
    fn row()(
        owner in option::of(text()), day in option::of(day()), amount in option::of(amount()),
        text in option::of(text()), bytes in option::of(vec(any::<u8>(), 0..40)),
        is_set in any::<Option<bool>>(), uuid in option::of(any::<u128>().prop_map(Uuid::from_u128)),
        at in option::of(instant()), json in option::of(json()),
        number in option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::INFINITE),
    ) -> Model {
        Model { id: 0, owner, day, amount, text, bytes, is_set, uuid, at, json, number }
    }
}

pub fn rows() -> impl Strategy<Value = Vec<Model>> {
    vec(row(), 0..150).prop_map(|mut rows| {
        for (id, row) in (1..).zip(&mut rows) {
            row.id = id;
        }
        rows
    })
}
