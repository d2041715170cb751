//! By which rules a portfolio's lots are booked, now and at an earlier revision of its books.

use chrono::{DateTime, Utc};
use entity::{books::portfolio, values::LotMethod};
use serde::{Deserialize, Serialize};

use crate::{Error, booking::Rules};

/// Rules that were a portfolio's once, as `portfolios.former_rules` keeps them: oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Former {
    lot_method: LotMethod,
    allows_shorts: bool,
    /// The first revision of the books that was booked by the rules after these.
    until_revision: i64,
    until: DateTime<Utc>,
}

/// The rules at a revision of the books; `None` for the newest.
///
/// # Errors
/// [`Error::FormerRules`] if what is stored cannot be read.
pub(crate) fn at(portfolio: &portfolio::Model, revision: Option<i64>) -> Result<Rules, Error> {
    let newest = Rules {
        method: portfolio.lot_method,
        allows_shorts: portfolio.allows_shorts,
    };
    let Some(revision) = revision else {
        return Ok(newest);
    };
    let former = former(portfolio)?;
    let then = former.iter().find(|rules| revision < rules.until_revision);
    Ok(then.map_or(newest, |rules| Rules {
        method: rules.lot_method,
        allows_shorts: rules.allows_shorts,
    }))
}

/// The newest revision up to an instant that a change of the rules has brought; 0 if none has.
pub(crate) fn changed_at(
    portfolio: &portfolio::Model,
    instant: DateTime<Utc>,
) -> Result<i64, Error> {
    let former = former(portfolio)?;
    let known = former.iter().filter(|rules| rules.until <= instant);
    Ok(known.map(|rules| rules.until_revision).max().unwrap_or(0))
}

/// What is to be stored when the rules of `current` give way to others at a revision.
pub(crate) fn with_former(
    current: &portfolio::Model,
    until_revision: i64,
    until: DateTime<Utc>,
) -> Result<Option<serde_json::Value>, Error> {
    let mut all = former(current)?;
    all.push(Former {
        lot_method: current.lot_method,
        allows_shorts: current.allows_shorts,
        until_revision,
        until,
    });
    serde_json::to_value(all)
        .map(Some)
        .map_err(Error::FormerRules)
}

fn former(portfolio: &portfolio::Model) -> Result<Vec<Former>, Error> {
    let Some(stored) = &portfolio.former_rules else {
        return Ok(Vec::new());
    };
    Vec::deserialize(stored).map_err(Error::FormerRules)
}
