//! How the values that all crates speak appear in the contract.

use std::borrow::Cow;

use entity::values;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
    },
};

/// An exact number, as text; also the type of all money, prices, quantities, rates and ratios.
#[derive(Debug)]
pub struct Decimal;

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An exact decimal number of at most 28 digits, never a JSON number.",
            ))
            .pattern(Some("^-?[0-9]+([.][0-9]+)?$"))
            .examples(["123.45"])
            .into()
    }
}

impl ToSchema for Decimal {
    fn name() -> Cow<'static, str> {
        "Decimal".into()
    }
}

/// A day of the calendar.
#[derive(Debug)]
pub struct CalendarDate;

impl PartialSchema for CalendarDate {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .examples(["2025-10-21"])
            .into()
    }
}

impl ToSchema for CalendarDate {
    fn name() -> Cow<'static, str> {
        "Date".into()
    }
}

/// What a program's token may be good for.
#[derive(Debug)]
pub struct Scope;

impl PartialSchema for Scope {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(identity::Scope::ALL.map(identity::Scope::as_str)))
            .into()
    }
}

impl ToSchema for Scope {
    fn name() -> Cow<'static, str> {
        "Scope".into()
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(values::$name::WORDS.iter().copied()))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

words!(
    ActorKind,
    ArtifactKind,
    AuditOutcome,
    LotMethod,
    SecurityKind,
    CashFlowKind,
    TransactionKind,
    TransactionSource,
    ImportStatus,
    PackStatus,
    BuildStep,
    StepOutcome,
    PriceAdjustment,
    SharePermission,
    JobMode,
    JobStatus,
    JobEventKind,
    ThreadState,
    MessageRole,
    UserRole,
    ApprovalStatus,
    OnRefusal,
    VoteKind,
    TokenScope,
    TokenOperation,
    BudgetScope,
    BudgetPeriod,
    DeploymentStatus
);
