//! Transactions as they are sent.

use std::{borrow::Cow, fmt};

use books::record::{self, NewTransaction};
use chrono::NaiveDate;
use entity::values::{
    self, Money, PortfolioId, Price, Quantity, Rate, Ratio, SecurityId, TransactionId,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ArrayBuilder, OneOfBuilder},
    },
};

use crate::{
    extract::{Date, given},
    schema::{CalendarDate, Decimal, TransactionKind},
};

/// One transaction, or a list.
#[derive(Debug)]
pub enum TransactionsIn {
    One(Box<TransactionIn>),
    Many(Vec<TransactionIn>),
}

impl TransactionsIn {
    pub fn into_list(self) -> Vec<NewTransaction> {
        let list = match self {
            Self::One(one) => vec![*one],
            Self::Many(list) => list,
        };
        list.into_iter().map(NewTransaction::from).collect()
    }
}

impl PartialSchema for TransactionsIn {
    fn schema() -> RefOr<Schema> {
        let one = || Ref::from_schema_name(TransactionIn::name());
        OneOfBuilder::new()
            .item(one())
            .item(ArrayBuilder::new().items(one()))
            .into()
    }
}

impl ToSchema for TransactionsIn {
    fn name() -> Cow<'static, str> {
        "TransactionsIn".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((TransactionIn::name().into(), TransactionIn::schema()));
        TransactionIn::schemas(schemas);
    }
}

/// By its form, so that a fault is told as one of the transaction.
impl<'de> Deserialize<'de> for TransactionsIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = TransactionsIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a transaction or a list of transactions")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TransactionsIn, A::Error> {
        let one = TransactionIn::deserialize(MapAccessDeserializer::new(map))?;
        Ok(TransactionsIn::One(Box::new(one)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<TransactionsIn, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(TransactionsIn::Many)
    }
}

/// A transaction to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransactionIn {
    #[schema(value_type = TransactionKind)]
    pub kind: values::TransactionKind,
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub security_id: Option<SecurityId>,
    /// When it counts; a dividend on the day on which it is paid.
    #[schema(value_type = CalendarDate)]
    pub trade_date: Date,
    #[serde(default)]
    #[schema(value_type = Option<CalendarDate>)]
    pub settle_date: Option<Date>,
    #[serde(default)]
    #[schema(value_type = Option<CalendarDate>)]
    pub pay_date: Option<Date>,
    #[serde(default)]
    #[schema(value_type = Option<CalendarDate>)]
    pub ex_date: Option<Date>,
    /// Units, not negative: the kind says whether they come or go.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>, nullable = false)]
    pub quantity: Quantity,
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub price: Option<Price>,
    /// The effect on cash, signed, fee and tax included. Left out, it follows from quantity, price, fee and
    /// tax.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub amount: Option<Money>,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
    #[serde(default)]
    #[schema(value_type = Option<Decimal>, nullable = false)]
    pub fee: Money,
    #[serde(default)]
    #[schema(value_type = Option<Decimal>, nullable = false)]
    pub tax: Money,
    /// Units of the portfolio's base currency for one of `currency`.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub fx_rate: Option<Rate>,
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000)]
    pub narration: Option<String>,
    /// Unique per portfolio and source.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    pub external_id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Terms>, nullable = false)]
    pub terms: Option<record::Terms>,
    /// The transaction whose place it takes.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub corrects: Option<TransactionId>,
}

/// What a transaction needs besides its figures; each kind has its own.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// New units for old ones: of a split, a spin-off, a merger.
    #[schema(nullable = false)]
    pub ratio: Option<UnitRatio>,
    /// The security that is spun off, or that takes the place of the old one.
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    pub into: Option<SecurityId>,
    /// The part of the cost, 0 to 1, that goes to the security that is spun off, or with the cash of a
    /// merger that brings units too.
    #[schema(value_type = Option<Decimal>, nullable = false)]
    pub basis_share: Option<Ratio>,
    /// How much of a merger's amount was paid for the fraction of a unit that nobody gets.
    #[schema(value_type = Option<Decimal>, nullable = false)]
    pub in_lieu: Option<Money>,
    /// The lots that leave, by the transactions that opened them.
    #[schema(nullable = false)]
    pub lots: Option<Vec<LotChoice>>,
    /// The portfolio of the same owner to which cash or units are transferred.
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    pub to: Option<PortfolioId>,
    /// When units that are transferred in were bought.
    #[schema(value_type = Option<CalendarDate>, nullable = false)]
    pub acquired_on: Option<NaiveDate>,
}

/// `{"new": "2", "old": "1"}`: two new units for each old one.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitRatio {
    #[schema(value_type = Decimal)]
    pub new: Quantity,
    #[schema(value_type = Decimal)]
    pub old: Quantity,
}

/// Units of the lots that one transaction opened.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotChoice {
    #[schema(value_type = uuid::Uuid)]
    pub transaction_id: TransactionId,
    #[schema(value_type = Decimal)]
    pub quantity: Quantity,
}

impl From<TransactionIn> for NewTransaction {
    fn from(one: TransactionIn) -> Self {
        Self {
            kind: one.kind,
            security_id: one.security_id,
            trade_date: one.trade_date.0,
            settle_date: one.settle_date.map(|date| date.0),
            pay_date: one.pay_date.map(|date| date.0),
            ex_date: one.ex_date.map(|date| date.0),
            quantity: one.quantity,
            price: one.price,
            amount: one.amount,
            currency: one.currency,
            fee: one.fee,
            tax: one.tax,
            fx_rate: one.fx_rate,
            narration: one.narration,
            external_id: one.external_id,
            terms: one.terms.unwrap_or_default(),
            corrects: one.corrects,
        }
    }
}
