//! Rows in the text format of COPY (<https://www.postgresql.org/docs/current/sql-copy.html>, "Text
//! Format"): a line for each, tabs between values, `\N` for NULL.

use std::fmt::Write;

use sea_orm::{Value, sea_query::OptionEnum};

use super::exact::Fault;

/// Appends a row that [`super::exact::exact`] has passed. After a fault the line is unfinished.
pub fn write_row(
    lines: &mut String,
    row: impl Iterator<Item = Result<Value, Fault>>,
) -> Result<usize, Fault> {
    let mut width = 0;
    for value in row {
        if width > 0 {
            lines.push('\t');
        }
        write_value(lines, &value?)?;
        width += 1;
    }
    lines.push('\n');
    Ok(width)
}

/// Writes what is there, `\N` for what is not.
macro_rules! write_or_null {
    ($lines:expr, $value:expr, $($format:tt)+) => {
        match $value {
            Some(value) => write!($lines, $($format)+, value)?,
            None => $lines.push_str("\\N"),
        }
    };
}

fn write_value(lines: &mut String, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Bool(value) => write_or_null!(lines, value, "{}"),
        Value::TinyInt(value) => write_or_null!(lines, value, "{}"),
        Value::SmallInt(value) => write_or_null!(lines, value, "{}"),
        Value::Int(value) => write_or_null!(lines, value, "{}"),
        Value::BigInt(value) => write_or_null!(lines, value, "{}"),
        Value::TinyUnsigned(value) => write_or_null!(lines, value, "{}"),
        Value::SmallUnsigned(value) => write_or_null!(lines, value, "{}"),
        Value::Unsigned(value) => write_or_null!(lines, value, "{}"),
        Value::BigUnsigned(value) => write_or_null!(lines, value, "{}"),
        // The shortest text that is read back as the same number.
        Value::Float(value) => write_or_null!(lines, value, "{:?}"),
        Value::Double(value) => write_or_null!(lines, value, "{:?}"),
        Value::Decimal(value) => write_or_null!(lines, value, "{}"),
        Value::Uuid(value) => write_or_null!(lines, value, "{}"),
        Value::ChronoDate(value) => write_or_null!(lines, value, "{}"),
        Value::ChronoTime(value) => write_or_null!(lines, value, "{}"),
        Value::ChronoDateTime(value) => write_or_null!(lines, value, "{}"),
        Value::ChronoDateTimeUtc(value) => {
            let value = value.as_ref().map(chrono::DateTime::naive_utc);
            write_or_null!(lines, value, "{}+00");
        }
        Value::Char(value) => {
            let text = value.map(String::from);
            write_text(lines, text.as_deref());
        }
        Value::String(value) => write_text(lines, value.as_deref()),
        Value::Enum(OptionEnum::Some(value)) => write_text(lines, Some(&value.value)),
        Value::Json(value) => {
            let text = value.as_ref().map(ToString::to_string);
            write_text(lines, text.as_deref());
        }
        Value::Bytes(Some(bytes)) => write_bytes(lines, bytes)?,
        Value::Enum(OptionEnum::None(_))
        | Value::Bytes(None)
        | Value::ChronoDateTimeLocal(None)
        | Value::ChronoDateTimeWithTimeZone(None) => write_text(lines, None),
        _ => return Err(Fault::Kind),
    }
    Ok(())
}

fn write_text(lines: &mut String, text: Option<&str>) {
    let Some(mut rest) = text else {
        lines.push_str("\\N");
        return;
    };
    let is_special = |byte: u8| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r');
    while let Some(at) = rest.bytes().position(is_special) {
        lines.push_str(&rest[..at]);
        lines.push_str(match rest.as_bytes()[at] {
            b'\t' => "\\t",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => "\\\\",
        });
        rest = &rest[at + 1..];
    }
    lines.push_str(rest);
}

/// Hexadecimal, which begins with a backslash that is escaped itself.
fn write_bytes(lines: &mut String, bytes: &[u8]) -> Result<(), Fault> {
    lines.push_str("\\\\x");
    for byte in bytes {
        write!(lines, "{byte:02x}")?;
    }
    Ok(())
}
