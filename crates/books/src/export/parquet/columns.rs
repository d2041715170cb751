//! The columns of a group, as they fill.

use parquet::{
    data_type::{
        ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
    },
    errors::ParquetError,
    file::writer::SerializedColumnWriter,
};

use super::cells::Cell;

/// In the order of the cells. `docs/export.md` says what each holds.
pub(super) const SCHEMA: &str = "
message transactions {
  OPTIONAL BYTE_ARRAY id (STRING);
  OPTIONAL BYTE_ARRAY kind (STRING);
  OPTIONAL INT32 trade_date (DATE);
  OPTIONAL INT32 settle_date (DATE);
  OPTIONAL INT32 pay_date (DATE);
  OPTIONAL INT32 ex_date (DATE);
  OPTIONAL BYTE_ARRAY security_id (STRING);
  OPTIONAL BYTE_ARRAY symbol (STRING);
  OPTIONAL BYTE_ARRAY isin (STRING);
  OPTIONAL BYTE_ARRAY security_name (STRING);
  OPTIONAL BYTE_ARRAY security_kind (STRING);
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) quantity (DECIMAL(38,18));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) price (DECIMAL(38,18));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) amount (DECIMAL(38,18));
  OPTIONAL BYTE_ARRAY currency (STRING);
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) fee (DECIMAL(38,18));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) tax (DECIMAL(38,18));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (16) fx_rate (DECIMAL(38,18));
  OPTIONAL BYTE_ARRAY narration (STRING);
  OPTIONAL BYTE_ARRAY source (STRING);
  OPTIONAL BYTE_ARRAY external_id (STRING);
  OPTIONAL BYTE_ARRAY terms (STRING);
  OPTIONAL BYTE_ARRAY ledger_commit_hash (STRING);
  OPTIONAL INT64 books_revision;
  OPTIONAL INT64 recorded_at (TIMESTAMP(MICROS,true));
  OPTIONAL BYTE_ARRAY corrects (STRING);
  OPTIONAL BYTE_ARRAY other_numbers (STRING);
}";

pub(super) struct Columns {
    rows: usize,
    values: Vec<Column>,
}

/// The values that are there, and where there is one.
pub(super) struct Column {
    is_there: Vec<i16>,
    values: Values,
}

enum Values {
    Text(Vec<ByteArray>),
    Day(Vec<i32>),
    Whole(Vec<i64>),
    Number(Vec<FixedLenByteArray>),
}

impl Columns {
    pub(super) fn new() -> Self {
        Self {
            rows: 0,
            values: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn push(&mut self, cells: Vec<Cell>) {
        self.rows += 1;
        if self.values.is_empty() {
            self.values = cells.iter().map(Column::like).collect();
        }
        for (column, cell) in self.values.iter_mut().zip(cells) {
            column.push(cell);
        }
    }

    pub(super) fn into_values(self) -> Vec<Column> {
        self.values
    }
}

impl Column {
    /// For cells of one kind.
    fn like(cell: &Cell) -> Self {
        let values = match cell {
            Cell::Text(_) => Values::Text(Vec::new()),
            Cell::Day(_) => Values::Day(Vec::new()),
            Cell::Whole(_) => Values::Whole(Vec::new()),
            Cell::Number(_) => Values::Number(Vec::new()),
        };
        Self {
            is_there: Vec::new(),
            values,
        }
    }

    fn push(&mut self, cell: Cell) {
        let is_there = match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(Some(text))) => {
                values.push(text.into_bytes().into());
                1
            }
            (Values::Day(values), Cell::Day(Some(day))) => {
                values.push(day);
                1
            }
            (Values::Whole(values), Cell::Whole(number)) => {
                values.push(number);
                1
            }
            (Values::Number(values), Cell::Number(Some(number))) => {
                values.push(number.to_be_bytes().to_vec().into());
                1
            }
            _ => 0,
        };
        self.is_there.push(is_there);
    }

    pub(super) fn write(self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.is_there.as_slice());
        match &self.values {
            Values::Text(values) => {
                let writer = writer.typed::<ByteArrayType>();
                writer.write_batch(values, levels, None)?
            }
            Values::Day(values) => {
                let writer = writer.typed::<Int32Type>();
                writer.write_batch(values, levels, None)?
            }
            Values::Whole(values) => {
                let writer = writer.typed::<Int64Type>();
                writer.write_batch(values, levels, None)?
            }
            Values::Number(values) => {
                let writer = writer.typed::<FixedLenByteArrayType>();
                writer.write_batch(values, levels, None)?
            }
        };
        Ok(())
    }
}
