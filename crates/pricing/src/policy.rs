//! What the name of a pack's policy says of how its rates are used.
//!
//! The name is in the header that the pack's hash covers: a setting elsewhere could change what was
//! computed from a pack that cannot change.

use iso_currency::Currency;

use crate::Error;

/// The pivot of a policy whose name says no other.
pub const DEFAULT_PIVOT: &str = "USD";

const MARK: &str = "_VIA_";

/// The currency through which two others are converted that have no rate between them: what stands
/// behind `_VIA_` at the end of the policy's name, else [`DEFAULT_PIVOT`]. ISO 4217.
pub fn pivot(policy: &str) -> &str {
    named_pivot(policy)
        .filter(|code| is_currency(code))
        .unwrap_or(DEFAULT_PIVOT)
}

/// Refuses a policy whose name says a pivot that is no currency.
pub(crate) fn check_pivot(policy: &str) -> Result<(), Error> {
    match named_pivot(policy) {
        Some(code) if !is_currency(code) => Err(Error::Invalid {
            field: "/policy",
            detail: format!(
                "the policy `{policy}` says that it converts by way of `{code}`, which is not a \
                 currency of ISO 4217, such as EUR"
            ),
        }),
        _ => Ok(()),
    }
}

fn named_pivot(policy: &str) -> Option<&str> {
    policy.rsplit_once(MARK).map(|(_, code)| code)
}

fn is_currency(code: &str) -> bool {
    Currency::from_code(code).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pivot_is_what_the_name_says_else_the_dollar() {
        for (policy, expected) in [
            ("WM4PM_CAD", "USD"),
            ("ECB_VIA_EUR", "EUR"),
            ("A_VIA_EUR_VIA_GBP", "GBP"),
            ("_VIA_JPY", "JPY"),
            ("ECB_VIA_EUR_2", "USD"),
            ("ECB_VIA_eur", "USD"),
            ("VIA_EUR", "USD"),
        ] {
            assert_eq!(pivot(policy), expected, "{policy}");
        }
    }

    #[test]
    fn a_name_that_says_a_pivot_must_say_a_currency() {
        for policy in ["X_VIA_", "X_VIA_NOPE", "X_VIA_eur", "X_VIA_EUR_2"] {
            assert!(check_pivot(policy).is_err(), "{policy} was accepted");
        }
        for policy in ["WM4PM_CAD", "ECB_VIA_EUR", "VIA"] {
            assert!(check_pivot(policy).is_ok(), "{policy} was refused");
        }
    }
}
