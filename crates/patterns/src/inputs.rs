//! Reading a request into a run that knows all it needs.

use entity::values::{PortfolioId, SecurityId};
use serde_json::{Map, Value};

use crate::{Error, InputError, catalogue::Pattern, execute::ExecuteRequest};

/// A pattern with its inputs, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    PortfolioOverview {
        portfolio: PortfolioId,
        largest: usize,
    },
    HoldingDeepDive {
        portfolio: PortfolioId,
        security: SecurityId,
    },
}

impl Run {
    /// Finds everything that is wrong with the request, not just the first thing.
    pub fn read(request: &ExecuteRequest) -> Result<Self, Error> {
        let pattern =
            Pattern::named(&request.pattern_id).ok_or_else(|| Error::PatternNotFound {
                id: request.pattern_id.clone(),
            })?;
        let mut errors = Vec::new();
        let run = match pattern {
            Pattern::PortfolioOverview => {
                let portfolio = required(request.portfolio_id, "/portfolio_id", &mut errors);
                refuse_unknown(&request.inputs, &["largest"], &mut errors);
                let largest = read_largest(request.inputs.get("largest"), &mut errors);
                portfolio
                    .zip(largest)
                    .map(|(portfolio, largest)| Self::PortfolioOverview { portfolio, largest })
            }
            Pattern::HoldingDeepDive => {
                let portfolio = required(request.portfolio_id, "/portfolio_id", &mut errors);
                let security = required(request.security_id, "/security_id", &mut errors);
                refuse_unknown(&request.inputs, &[], &mut errors);
                portfolio
                    .zip(security)
                    .map(|(portfolio, security)| Self::HoldingDeepDive {
                        portfolio,
                        security,
                    })
            }
        };
        match run {
            Some(run) if errors.is_empty() => Ok(run),
            _ => Err(Error::InputsInvalid {
                pattern_id: pattern.id().to_owned(),
                errors,
            }),
        }
    }

    pub fn portfolio(self) -> PortfolioId {
        match self {
            Self::PortfolioOverview { portfolio, .. } | Self::HoldingDeepDive { portfolio, .. } => {
                portfolio
            }
        }
    }
}

fn required<T>(value: Option<T>, pointer: &str, errors: &mut Vec<InputError>) -> Option<T> {
    if value.is_none() {
        errors.push(InputError {
            pointer: pointer.to_owned(),
            detail: "this pattern needs it".to_owned(),
        });
    }
    value
}

fn refuse_unknown(inputs: &Map<String, Value>, known: &[&str], errors: &mut Vec<InputError>) {
    for name in inputs.keys().filter(|name| !known.contains(&name.as_str())) {
        errors.push(InputError {
            pointer: format!("/inputs/{}", name.replace('~', "~0").replace('/', "~1")),
            detail: "this pattern has no such input".to_owned(),
        });
    }
}

const DEFAULT_LARGEST: usize = 5;
const MOST_LARGEST: u64 = 50;

fn read_largest(value: Option<&Value>, errors: &mut Vec<InputError>) -> Option<usize> {
    let Some(value) = value else {
        return Some(DEFAULT_LARGEST);
    };
    let number = value
        .as_u64()
        .filter(|number| (1..=MOST_LARGEST).contains(number));
    let number = number.and_then(|number| usize::try_from(number).ok());
    if number.is_none() {
        errors.push(InputError {
            pointer: "/inputs/largest".to_owned(),
            detail: format!("must be a whole number from 1 to {MOST_LARGEST}"),
        });
    }
    number
}
