//! International securities identification numbers (ISO 6166).

/// The number in capitals, if its form and check digit are right (the sum of ISO 6166, annex C: letters
/// as numbers from 10, then every second digit from the right doubled).
pub(crate) fn read(text: &str) -> Option<String> {
    let isin = text.to_ascii_uppercase();
    let (country, rest) = isin.split_at_checked(2)?;
    let is_formed = isin.len() == 12
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && rest.ends_with(|c: char| c.is_ascii_digit());
    if !is_formed {
        return None;
    }
    let values: String = isin
        .chars()
        .filter_map(|c| c.to_digit(36))
        .map(|value| value.to_string())
        .collect();
    let digits = values.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| {
            let value = if place % 2 == 1 { digit * 2 } else { digit };
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10).then_some(isin)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_wrong_check_digit_is_no_isin() {
        for isin in [
            "US0378331005",
            "DE0007164600",
            "IE00B4L5Y983",
            "au0000xvgza3",
        ] {
            assert_eq!(read(isin), Some(isin.to_ascii_uppercase()), "{isin}");
        }
        for text in [
            "US0378331006",
            "US037833100",
            "0S0378331005",
            "US03783310ü5",
            "AAPL",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
