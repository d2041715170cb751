//! Currencies, by their ISO 4217 codes.

use crate::Error;

/// Whether `code` is a currency code of ISO 4217, in capitals.
pub fn is_known(code: &str) -> bool {
    iso_currency::Currency::from_code(code).is_some()
}

pub(crate) fn check(field: &'static str, code: &str) -> Result<(), Error> {
    if is_known(code) {
        return Ok(());
    }
    let detail = "must be a currency code of ISO 4217 in capitals, for example USD".to_owned();
    Err(Error::Invalid { field, detail })
}
