//! Usage as it is sent.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use entity::values::{self, JobId, Money, ThreadId};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ArrayBuilder, OneOfBuilder},
    },
};
use workflow::tokens::{Cost, Tokens, usage::NewUsage};

use super::one_or_many::OneOrMany;
use crate::{
    extract::whole,
    problem::Problem,
    schema::{Decimal, TokenOperation, TokenScope},
};

const MOST: usize = 500;

/// One usage, or a list.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct UsagesIn(OneOrMany<UsageIn>);

impl UsagesIn {
    pub fn is_list(&self) -> bool {
        matches!(self.0, OneOrMany::Many(_))
    }

    /// Fails for an empty list, one that is too long, and a cost without its currency.
    pub fn into_list(self) -> Result<Vec<NewUsage>, Problem> {
        match self.0 {
            OneOrMany::One(one) => Ok(vec![one.into_new("")?]),
            OneOrMany::Many(list) if (1..=MOST).contains(&list.len()) => {
                let placed = list.into_iter().enumerate();
                placed
                    .map(|(at, one)| one.into_new(&format!("/{at}")))
                    .collect()
            }
            OneOrMany::Many(_) => Err(Problem::invalid(
                "",
                format!("must hold 1 to {MOST} usages"),
            )),
        }
    }
}

impl PartialSchema for UsagesIn {
    fn schema() -> RefOr<Schema> {
        let one = || Ref::from_schema_name(UsageIn::name());
        let many = ArrayBuilder::new()
            .items(one())
            .min_items(Some(1))
            .max_items(Some(MOST));
        OneOfBuilder::new().item(one()).item(many).into()
    }
}

impl ToSchema for UsagesIn {
    fn name() -> Cow<'static, str> {
        "UsagesIn".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((UsageIn::name().into(), UsageIn::schema()));
        UsageIn::schemas(schemas);
    }
}

/// What one call of a model used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageIn {
    #[schema(value_type = TokenScope)]
    pub scope: values::TokenScope,
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$",
        example = "anthropic"
    )]
    pub provider: String,
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub model: Option<String>,
    /// As OpenTelemetry has it: `gen_ai.operation.name`.
    #[serde(default = "chat")]
    #[schema(value_type = Option<TokenOperation>, nullable = false, default = "chat")]
    pub operation: values::TokenOperation,
    /// The provider's own id of the call: the same one counts once.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub request_id: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub thread_id: Option<ThreadId>,
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub job_id: Option<JobId>,
    /// Cached ones included.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    #[serde(deserialize_with = "whole")]
    pub input_tokens: i64,
    /// At most `input_tokens`.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    #[serde(deserialize_with = "whole")]
    pub cached_input_tokens: i64,
    /// Those of reasoning included.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    #[serde(deserialize_with = "whole")]
    pub output_tokens: i64,
    /// At most `output_tokens`.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    #[serde(deserialize_with = "whole")]
    pub reasoning_tokens: i64,
    /// As it was reported, with its currency; below 10^14, with at most 14 decimals.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub cost_amount: Option<Money>,
    /// ISO 4217.
    #[serde(default)]
    #[schema(
        example = "USD",
        min_length = 3,
        max_length = 3,
        pattern = "^[A-Z]{3}$"
    )]
    pub cost_currency: Option<String>,
    /// Whatever else is worth keeping; at most 16 KiB.
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub meta: Map<String, Value>,
    /// Default: now.
    #[serde(default)]
    pub used_at: Option<DateTime<Utc>>,
}

fn chat() -> values::TokenOperation {
    values::TokenOperation::Chat
}

impl UsageIn {
    /// `at` is where it stands in the request, as a JSON pointer.
    pub fn into_new(self, at: &str) -> Result<NewUsage, Problem> {
        let fields = ["cost_amount", "cost_currency"].map(|name| format!("{at}/{name}"));
        Ok(NewUsage {
            scope: self.scope,
            provider: self.provider,
            model: self.model,
            operation: self.operation,
            request_id: self.request_id,
            thread_id: self.thread_id,
            job_id: self.job_id,
            tokens: Tokens {
                input: self.input_tokens,
                cached_input: self.cached_input_tokens,
                output: self.output_tokens,
                reasoning: self.reasoning_tokens,
            },
            cost: cost_of(self.cost_amount, self.cost_currency, &fields)?,
            meta: Value::Object(self.meta),
            used_at: self.used_at,
        })
    }
}

/// An amount with its currency, or neither.
pub fn cost_of(
    amount: Option<Money>,
    currency: Option<String>,
    [amount_at, currency_at]: &[String; 2],
) -> Result<Option<Cost>, Problem> {
    match (amount, currency) {
        (None, None) => Ok(None),
        (Some(amount), Some(currency)) => Ok(Some(Cost { amount, currency })),
        (Some(_), None) => Err(Problem::invalid(currency_at, "is needed beside the amount")),
        (None, Some(_)) => Err(Problem::invalid(amount_at, "is needed beside the currency")),
    }
}
