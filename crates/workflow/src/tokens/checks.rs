//! What the ledger takes, in words for the person who sent something else.

use chrono::{DateTime, TimeDelta, Utc};
use entity::values::Amount;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    Cost, Tokens,
    exact_sum::{DECIMALS, TOO_MUCH},
    usage::NewUsage,
};
use crate::{Error, text};

const LONGEST_PROVIDER: usize = 100;
const LONGEST_MODEL: usize = 200;
const LONGEST_REQUEST_ID: usize = 255;
const MOST_TOKENS: i64 = 1_000_000_000;
const LONGEST_META: usize = 16 * 1024;
/// How far a caller's clock may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);
const EARLIEST: DateTime<Utc> = match DateTime::from_timestamp(946_684_800, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

pub(super) fn check_usage(new: &NewUsage, now: DateTime<Utc>) -> Result<(), Error> {
    text::check_line("/provider", &new.provider, LONGEST_PROVIDER)?;
    if let Some(model) = &new.model {
        text::check_line("/model", model, LONGEST_MODEL)?;
    }
    if let Some(id) = &new.request_id {
        text::check_line("/request_id", id, LONGEST_REQUEST_ID)?;
    }
    check_tokens(new.tokens)?;
    if let Some(cost) = &new.cost {
        check_cost(["/cost_amount", "/cost_currency"], cost)?;
    }
    check_meta(&new.meta)?;
    let is_of_our_time = |at: DateTime<Utc>| EARLIEST <= at && at <= now + AHEAD;
    if !new.used_at.is_none_or(is_of_our_time) {
        let detail =
            "must be from 2000 on, and no more than five minutes ahead of the service's clock";
        return refuse("/used_at", detail);
    }
    Ok(())
}

fn check_tokens(tokens: Tokens) -> Result<(), Error> {
    for (field, number) in [
        ("/input_tokens", tokens.input),
        ("/output_tokens", tokens.output),
    ] {
        if !(0..=MOST_TOKENS).contains(&number) {
            return refuse(field, "must be from 0 to 1000000000");
        }
    }
    if !(0..=tokens.input).contains(&tokens.cached_input) {
        let detail = "must be from 0 to input_tokens, which include what was cached";
        return refuse("/cached_input_tokens", detail);
    }
    if !(0..=tokens.output).contains(&tokens.reasoning) {
        let detail = "must be from 0 to output_tokens, which include reasoning";
        return refuse("/reasoning_tokens", detail);
    }
    Ok(())
}

pub(super) fn check_cost(fields: [&'static str; 2], cost: &Cost) -> Result<(), Error> {
    let [amount, currency] = fields;
    check_amount(amount, cost.amount.decimal())?;
    check_currency(currency, &cost.currency)
}

pub(super) fn check_amount(field: &'static str, amount: Decimal) -> Result<(), Error> {
    let is_in_range = !amount.is_sign_negative() && amount < TOO_MUCH.into();
    if is_in_range && amount.normalize().scale() <= DECIMALS {
        return Ok(());
    }
    refuse(
        field,
        "must be from 0 to below 10^14, with at most 14 decimals",
    )
}

/// A limit in tokens or in money.
pub(super) fn check_limit(field: &'static str, unit: &str, limit: Amount) -> Result<(), Error> {
    check_amount(field, limit.decimal())?;
    if unit == super::budgets::TOKENS && !limit.decimal().is_integer() {
        return refuse(field, "must be a whole number of tokens");
    }
    Ok(())
}

pub(super) fn check_currency(field: &'static str, code: &str) -> Result<(), Error> {
    if iso_currency::Currency::from_code(code).is_some() {
        return Ok(());
    }
    refuse(
        field,
        "must be a currency code of ISO 4217 in capitals, for example USD",
    )
}

fn check_meta(meta: &Value) -> Result<(), Error> {
    if !meta.is_object() {
        return refuse("/meta", "must be an object");
    }
    let text = meta.to_string();
    if text.len() > LONGEST_META {
        return refuse("/meta", "must have at most 16384 bytes as JSON");
    }
    if text.contains("\\u0000") {
        return refuse("/meta", "must not hold a NUL character");
    }
    Ok(())
}

pub(super) fn refuse(field: &'static str, detail: &str) -> Result<(), Error> {
    let detail = detail.to_owned();
    Err(Error::Invalid { field, detail })
}
