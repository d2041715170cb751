use entity::values::Money;

use super::{Tokens, exact_sum::ExactSum, prices::TokenPrice};
use crate::Error;

const MILLIONTH: u32 = 6;

/// What `tokens` cost at `price`: each kind by its own price, input without what was cached, output
/// without reasoning.
///
/// # Errors
///
/// [`Error::Overflow`] if 28 digits cannot hold it.
pub(super) fn cost(price: &TokenPrice, tokens: Tokens) -> Result<Money, Error> {
    let mut sum = ExactSum::default();
    for (per_million, tokens) in [
        (price.input, tokens.input - tokens.cached_input),
        (price.cached_input, tokens.cached_input),
        (price.output, tokens.output - tokens.reasoning),
        (price.reasoning, tokens.reasoning),
    ] {
        let mut per_token = per_million.decimal().normalize();
        let decimals = per_token.scale() + MILLIONTH;
        // Moves the point and nothing else: prices have at most 8 decimals.
        per_token.set_scale(decimals).map_err(|_| Error::Overflow)?;
        sum.add(per_token, tokens)?;
    }
    Ok(Money::new(sum.total()?))
}
