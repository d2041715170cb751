//! Exports as Parquet, read by the library that wrote them and by one that did not: pyarrow, of the Python that
//! `TALLYSTICK_PYARROW_PYTHON` names, else of `python3`.

use std::process::Command;

use books::export::Format;
use bytes::Bytes;
use entity::{
    books::transaction,
    values::{Price, Rate},
};
use parquet::{
    file::{
        metadata::RowGroupMetaData,
        reader::{FileReader, SerializedFileReader},
    },
    record::{Field, Row},
};
use rust_decimal::Decimal;

use super::{
    exported, live,
    stories::{cash, every_kind, portfolio},
};
use crate::recording::{recorded, trade};

fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
    let mut columns = row.get_column_iter();
    columns.find(|(column, _)| *column == name).unwrap().1
}

fn text(row: &Row, name: &str) -> Option<String> {
    match field(row, name) {
        Field::Null => None,
        Field::Str(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// As it is stored: an integer of 16 bytes, in units of 10^-18.
fn number(row: &Row, name: &str) -> Option<Decimal> {
    let Field::Decimal(decimal) = field(row, name) else {
        return None;
    };
    assert_eq!((decimal.precision(), decimal.scale()), (38, 18));
    let unscaled = i128::from_be_bytes(decimal.data().try_into().unwrap());
    let (whole, part) = (unscaled / 10_i128.pow(18), unscaled % 10_i128.pow(18));
    let part = Decimal::from_i128_with_scale(part, 18);
    Some((Decimal::from_i128_with_scale(whole, 0) + part).normalize())
}

fn assert_as_in_the_books(row: &Row, known: &transaction::Model) {
    assert_eq!(text(row, "id"), Some(known.id.to_string()));
    assert_eq!(text(row, "kind"), Some(known.kind.to_string()));
    assert_eq!(text(row, "narration"), known.narration);
    assert_eq!(text(row, "external_id"), known.external_id);
    let epoch = chrono::NaiveDate::default();
    let days = i32::try_from((known.trade_date - epoch).num_days()).unwrap();
    assert_eq!(*field(row, "trade_date"), Field::Date(days));
    let recorded = known.recorded_at.timestamp_micros();
    assert_eq!(*field(row, "recorded_at"), Field::TimestampMicros(recorded));
    for (name, exact) in [
        ("quantity", Some(known.quantity.decimal())),
        ("price", known.price.map(Price::decimal)),
        ("amount", Some(known.amount.decimal())),
        ("fee", Some(known.fee.decimal())),
        ("tax", Some(known.tax.decimal())),
        ("fx_rate", known.fx_rate.map(Rate::decimal)),
    ] {
        let other = text(row, "other_numbers").unwrap_or_else(|| "{}".to_owned());
        let other: serde_json::Value = serde_json::from_str(&other).unwrap();
        let written = other[name].as_str().map(|number| number.parse().unwrap());
        assert_eq!(number(row, name).or(written), exact, "{name}");
    }
}

/// What a reader says that is not ours; `None` after saying why there is none.
fn pyarrow(file: &[u8]) -> Option<serde_json::Value> {
    const SCRIPT: &str = r#"
import json, sys
import pyarrow.parquet as parquet
file = parquet.ParquetFile(sys.argv[1])
table = file.read()
rows = [{name: None if value is None else str(value) for name, value in row.items()} for row in table.to_pylist()]
meta = {k.decode(): v.decode() for k, v in file.metadata.metadata.items()}
types = {field.name: str(field.type) for field in table.schema}
print(json.dumps({"rows": rows, "meta": meta, "types": types, "groups": file.metadata.num_row_groups}))
"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.parquet");
    std::fs::write(&path, file).unwrap();
    let python =
        std::env::var("TALLYSTICK_PYARROW_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Ok(output) = Command::new(&python)
        .args(["-c", SCRIPT])
        .arg(&path)
        .output()
    else {
        println!("skipped: {python} does not run");
        return None;
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("No module named 'pyarrow'") {
        println!("skipped: {python} has no pyarrow package");
        return None;
    }
    assert!(output.status.success(), "{complaint}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

testkit::on_both_engines! {
    async fn a_table_of_columns_has_every_figure(db) {
        let ctx = db.ctx().await;
        let id = every_kind(&ctx, "P").await;
        let nike = crate::setup::security(&ctx, "NKE").await.id;
        // A price that no DECIMAL(38, 18) holds.
        recorded(&ctx, id, vec![
            trade(entity::values::TransactionKind::Buy, "2024-08-01", nike, "3", "33.333333333333333333333333"),
        ]).await.unwrap();
        let file = exported(&ctx, id, Format::Parquet).await;
        let reader = SerializedFileReader::new(Bytes::from(file.clone())).unwrap();
        let rows: Vec<Row> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let known = live(&ctx, id).await;
        assert_eq!(rows.len(), known.len());
        for (row, known) in rows.iter().zip(&known) {
            assert_as_in_the_books(row, known);
        }
        let unfit: Vec<_> = rows.iter().filter_map(|row| text(row, "other_numbers")).collect();
        assert_eq!(unfit, [
            r#"{"amount":"-99.999999999999999999999999","price":"33.333333333333333333333333"}"#
        ]);
        let Some(read) = pyarrow(&file) else {
            return;
        };
        assert_eq!(read["meta"]["tallystick.portfolio_id"], id.to_string());
        assert_eq!(read["meta"]["tallystick.books_revision"], "3");
        assert_eq!(read["types"]["trade_date"], "date32[day]");
        assert_eq!(read["types"]["amount"], "decimal128(38, 18)");
        assert_eq!(read["types"]["recorded_at"], "timestamp[us, tz=UTC]");
        for (row, known) in read["rows"].as_array().unwrap().iter().zip(&known) {
            assert_eq!(row["id"], known.id.to_string());
            assert_eq!(row["trade_date"], known.trade_date.to_string());
            if let Some(amount) = row["amount"].as_str() {
                let amount = amount.parse().or_else(|_| Decimal::from_scientific(amount));
                assert_eq!(amount.unwrap(), known.amount.decimal());
            }
            assert_eq!(row["narration"].as_str(), known.narration.as_deref());
        }
    }

    async fn many_rows_are_several_groups(db) {
        let ctx = db.ctx().await;
        let id = portfolio(&ctx, "P", entity::values::LotMethod::Fifo, false).await;
        let deposit = |_| cash(entity::values::TransactionKind::Deposit, "2024-01-02", "1.5");
        recorded(&ctx, id, (0..5_100).map(deposit).collect()).await.unwrap();
        let file = exported(&ctx, id, Format::Parquet).await;
        let reader = SerializedFileReader::new(Bytes::from(file)).unwrap();
        let groups: Vec<i64> =
            reader.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
        assert_eq!(groups, [5_000, 100]);
    }
}
