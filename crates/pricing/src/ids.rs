//! The readable ids of packs, as the pack format writes them.

use chrono::NaiveDate;

use crate::{DEFAULT_POLICY, Error, policy::check_pivot};

const LONGEST_POLICY: usize = 64;

/// `PP_<date>`, with the policy unless it is the default one, and `_D<revision>` for a restatement.
pub fn pack_id(asof: NaiveDate, policy: &str, revision: i64) -> String {
    let mut id = format!("PP_{asof}");
    if policy != DEFAULT_POLICY {
        id = format!("{id}_{policy}");
    }
    if revision > 0 {
        id = format!("{id}_D{revision}");
    }
    id
}

/// Refuses a policy whose packs could not be told from others by their ids, or not stand in a URL.
pub(crate) fn check_policy(policy: &str) -> Result<(), Error> {
    let refuse = |detail: String| {
        Err(Error::Invalid {
            field: "/policy",
            detail,
        })
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if policy.is_empty() || policy.len() > LONGEST_POLICY || !policy.chars().all(is_plain) {
        return refuse(format!(
            "a policy is 1 to {LONGEST_POLICY} of the characters A-Z a-z 0-9 _ - ."
        ));
    }
    if reads_as_restatement(policy) {
        return refuse(format!(
            "the policy `{policy}` ends like a restatement (`D` and digits); choose another name"
        ));
    }
    check_pivot(policy)
}

/// `D1` would make the id of the default policy's first restatement, `X_D1` that of the policy X.
fn reads_as_restatement(policy: &str) -> bool {
    let last = policy.rsplit('_').next().unwrap_or(policy);
    last.strip_prefix('D')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Refuses dates that the engines do not write and order alike.
pub(crate) fn check_asof(asof: NaiveDate) -> Result<(), Error> {
    use chrono::Datelike;
    if (1..=9999).contains(&asof.year()) {
        return Ok(());
    }
    let detail = format!("{asof} is not a date in the years 0001 to 9999");
    Err(Error::Invalid {
        field: "/asof_date",
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_date_policy_and_restatement() {
        let date = NaiveDate::from_ymd_opt(2025, 10, 21).unwrap();
        assert_eq!(pack_id(date, DEFAULT_POLICY, 0), "PP_2025-10-21");
        assert_eq!(pack_id(date, DEFAULT_POLICY, 1), "PP_2025-10-21_D1");
        assert_eq!(pack_id(date, "EOD_USD", 0), "PP_2025-10-21_EOD_USD");
        assert_eq!(pack_id(date, "EOD_USD", 12), "PP_2025-10-21_EOD_USD_D12");
    }

    #[test]
    fn a_policy_that_would_make_another_packs_id_is_refused() {
        for policy in [
            "D1",
            "X_D1",
            "EOD_D007",
            "",
            "a b",
            "ä",
            "a/b",
            &"x".repeat(65),
        ] {
            assert!(check_policy(policy).is_err(), "{policy:?} was accepted");
        }
        for policy in [
            DEFAULT_POLICY,
            "EOD",
            "D",
            "X_D",
            "X_Day1",
            "D1_X",
            &"x".repeat(64),
        ] {
            assert!(check_policy(policy).is_ok(), "{policy:?} was refused");
        }
    }
}
