//! What a row says of a corporate action, or of the lots that are meant.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::super::{
    cells::Cells,
    faults::Faults,
    field::Field,
    numbers::exact,
    row::{RowTerms, SecurityName},
};

const EXAMPLE: &str = r#"[{"id": "1", "quantity": "2.5"}]"#;

pub(super) fn read(cells: &Cells<'_>, faults: &mut Faults) -> RowTerms {
    RowTerms {
        into: cells.owned(Field::Into).map(by_symbol),
        basis_share: cells.number(Field::BasisShare, faults),
        in_lieu: cells.number(Field::InLieu, faults),
        lots: lots(cells, faults).unwrap_or_default(),
        acquired_on: cells.date(Field::AcquiredOn, faults),
    }
}

fn by_symbol(symbol: String) -> SecurityName {
    SecurityName {
        symbol,
        isin: None,
        name: None,
        kind: None,
        currency: None,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lot {
    id: String,
    quantity: String,
}

fn lots(cells: &Cells<'_>, faults: &mut Faults) -> Option<Vec<(String, Decimal)>> {
    let written = cells.text(Field::Lots)?;
    let lots: Result<Vec<Lot>, _> = serde_json::from_str(written);
    let Ok(lots) = lots else {
        let detail = format!("these are not the lots that leave, such as {EXAMPLE}");
        cells.fault(faults, Field::Lots, detail);
        return None;
    };
    let mut read = Vec::with_capacity(lots.len());
    for Lot { id, quantity } in lots {
        match exact(&quantity) {
            Ok(units) => read.push((id, units)),
            Err(detail) => cells.fault(faults, Field::Lots, detail),
        }
    }
    Some(read)
}
