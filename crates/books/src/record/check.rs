//! What a transaction must be by itself, before the lots are asked.

use std::collections::BTreeSet;

use entity::{
    books::portfolio,
    values::{Money, Price, Quantity, Rate, Ratio, SecurityId, TransactionKind},
};
use rust_decimal::Decimal;

use super::{MOST_AT_ONCE, NewTransaction, departure};
use crate::{Error, amounts, currency, text};

const LONGEST_NARRATION: usize = 2_000;
const LONGEST_EXTERNAL_ID: usize = 255;

/// What a kind asks of its transactions.
struct Shape {
    security: Needs,
    quantity: Needs,
    amount: Sign,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Must,
    May,
    MustNot,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    In,
    Out,
    InOrNone,
    OutOrNone,
    /// In or out, but not zero.
    Either,
}

pub(super) fn check_count(count: usize) -> Result<(), Error> {
    if count <= MOST_AT_ONCE {
        return Ok(());
    }
    Err(Error::Invalid {
        field: "",
        detail: format!("at most {MOST_AT_ONCE} transactions are recorded at once; divide them"),
    })
}

pub(super) fn check(
    at: usize,
    new: &NewTransaction,
    portfolio: &portfolio::Model,
    known: &BTreeSet<SecurityId>,
) -> Result<(), Error> {
    let refuse = |(field, detail): Fault| Error::InvalidTransaction { at, field, detail };
    for security in [new.security_id, new.terms.into].into_iter().flatten() {
        if !known.contains(&security) {
            let security = security.to_string();
            return Err(Error::SecurityNotFound { security });
        }
    }
    check_texts(new).map_err(refuse)?;
    check_figures(new).map_err(refuse)?;
    check_terms(new).map_err(refuse)?;
    departure::check(new, portfolio).map_err(refuse)?;
    if new.currency == portfolio.base_currency && new.fx_rate.is_some_and(|rate| rate != Rate::ONE)
    {
        let detail = format!(
            "the amount is in {}, the portfolio's own currency: leave the rate out",
            new.currency
        );
        return Err(refuse(("fx_rate", detail)));
    }
    Ok(())
}

/// Where it is wrong, and how.
pub(super) type Fault = (&'static str, String);

fn check_texts(new: &NewTransaction) -> Result<(), Fault> {
    if !currency::is_known(&new.currency) {
        let detail = "must be a currency code of ISO 4217 in capitals, for example USD";
        return Err(("currency", detail.to_owned()));
    }
    check_text("narration", new.narration.as_deref(), LONGEST_NARRATION)?;
    check_text(
        "external_id",
        new.external_id.as_deref(),
        LONGEST_EXTERNAL_ID,
    )
}

fn check_text(field: &'static str, text: Option<&str>, longest: usize) -> Result<(), Fault> {
    let Some(text) = text else {
        return Ok(());
    };
    if text.is_empty() || text.chars().nth(longest).is_some() {
        return Err((
            field,
            format!("must be 1 to {longest} characters, or left out"),
        ));
    }
    if !text::is_storable(text) {
        return Err((
            field,
            "holds the character NUL, which cannot be stored".to_owned(),
        ));
    }
    Ok(())
}

fn check_figures(new: &NewTransaction) -> Result<(), Fault> {
    let shape = shape_of(new);
    require(
        shape.security,
        new.security_id.is_some(),
        "security_id",
        new.kind,
    )?;
    require(
        shape.quantity,
        !new.quantity.is_zero(),
        "quantity",
        new.kind,
    )?;
    for (field, number) in [
        ("quantity", new.quantity.decimal()),
        ("fee", new.fee.decimal()),
        ("tax", new.tax.decimal()),
        ("price", new.price.map_or(Decimal::ZERO, Price::decimal)),
    ] {
        if number.is_sign_negative() {
            return Err((
                field,
                "must not be negative: the kind says whether it comes or goes".to_owned(),
            ));
        }
    }
    if new.fx_rate.is_some_and(|rate| !rate.is_positive()) {
        return Err(("fx_rate", "must be more than 0".to_owned()));
    }
    check_dates(new)?;
    let amount = amount(new).map_err(|_| ("amount", AMOUNT_MISSING.to_owned()))?;
    check_sign(new.kind, shape.amount, amount)
}

const AMOUNT_MISSING: &str = "say the amount, or the quantity and the price that it follows from";

fn check_dates(new: &NewTransaction) -> Result<(), Fault> {
    let is_dividend = new.kind == TransactionKind::Dividend;
    if is_dividend && new.pay_date.is_some_and(|paid| paid != new.trade_date) {
        let detail = "a dividend counts on the day on which it is paid: give that day in both, and the \
                      other in ex_date";
        return Err(("trade_date", detail.to_owned()));
    }
    if new
        .terms
        .acquired_on
        .is_some_and(|date| date > new.trade_date)
    {
        return Err(("terms/acquired_on", "is later than the transfer".to_owned()));
    }
    Ok(())
}

fn require(
    needs: Needs,
    is_there: bool,
    field: &'static str,
    kind: TransactionKind,
) -> Result<(), Fault> {
    match (needs, is_there) {
        (Needs::Must, false) => Err((field, format!("a transaction of the kind {kind} needs it"))),
        (Needs::MustNot, true) => Err((
            field,
            format!("a transaction of the kind {kind} has none: leave it out"),
        )),
        _ => Ok(()),
    }
}

fn check_sign(kind: TransactionKind, sign: Sign, amount: Money) -> Result<(), Fault> {
    let amount = amount.decimal();
    let (is_right, wanted) = match sign {
        Sign::In => (amount > Decimal::ZERO, "more than 0: it brings cash"),
        Sign::Out => (amount < Decimal::ZERO, "less than 0: it takes cash"),
        Sign::InOrNone => (amount >= Decimal::ZERO, "0 or more: it takes no cash"),
        Sign::OutOrNone => (amount <= Decimal::ZERO, "0, or less by its fee and tax"),
        Sign::Either => (!amount.is_zero(), "other than 0"),
    };
    if is_right {
        return Ok(());
    }
    Err(("amount", format!("of the kind {kind} must be {wanted}")))
}

fn shape_of(new: &NewTransaction) -> Shape {
    use Needs::{May, Must, MustNot};
    use TransactionKind as Kind;

    let (security, quantity, amount) = match new.kind {
        Kind::Buy => (Must, Must, Sign::Out),
        // A sale that brings less than its fee is still one.
        Kind::Sell => (Must, Must, Sign::Either),
        Kind::Dividend => (Must, MustNot, Sign::Either),
        Kind::Interest | Kind::Fee | Kind::Tax => (May, MustNot, Sign::Either),
        Kind::Split | Kind::SpinOff | Kind::Merger => (Must, MustNot, Sign::InOrNone),
        Kind::ReturnOfCapital => (Must, MustNot, Sign::In),
        Kind::TransferIn | Kind::TransferOut if new.security_id.is_some() => {
            (Must, Must, Sign::OutOrNone)
        }
        Kind::Deposit | Kind::TransferIn => (MustNot, MustNot, Sign::In),
        Kind::Withdrawal | Kind::TransferOut => (MustNot, MustNot, Sign::Out),
    };
    Shape {
        security,
        quantity,
        amount,
    }
}

fn check_terms(new: &NewTransaction) -> Result<(), Fault> {
    use TransactionKind as Kind;

    let terms = &new.terms;
    let (kind, is_in_kind) = (new.kind, new.security_id.is_some());
    let needs = |is_needed: bool| {
        if is_needed {
            Needs::Must
        } else {
            Needs::MustNot
        }
    };
    let may = |is_allowed: bool| {
        if is_allowed {
            Needs::May
        } else {
            Needs::MustNot
        }
    };
    let merges_units = kind == Kind::Merger && terms.into.is_some();
    let exchanges = matches!(kind, Kind::Split | Kind::SpinOff) || merges_units;
    let brings_cash = merges_units
        && new.amount.is_some_and(|amount| !amount.is_zero())
        && terms.in_lieu != new.amount;
    require(needs(exchanges), terms.ratio.is_some(), "terms/ratio", kind)?;
    require(
        match kind {
            Kind::SpinOff => Needs::Must,
            Kind::Merger => Needs::May,
            _ => Needs::MustNot,
        },
        terms.into.is_some(),
        "terms/into",
        kind,
    )?;
    require(
        needs(kind == Kind::SpinOff || brings_cash),
        terms.basis_share.is_some(),
        "terms/basis_share",
        kind,
    )?;
    require(
        may(merges_units),
        terms.in_lieu.is_some(),
        "terms/in_lieu",
        kind,
    )?;
    require(
        may(matches!(kind, Kind::Sell | Kind::TransferOut) && is_in_kind),
        !terms.lots.is_empty(),
        "terms/lots",
        kind,
    )?;
    require(
        may(kind == Kind::TransferIn && is_in_kind),
        terms.acquired_on.is_some(),
        "terms/acquired_on",
        kind,
    )?;
    if terms.into.is_some() && terms.into == new.security_id {
        return Err((
            "terms/into",
            "is the security itself; name the other one".to_owned(),
        ));
    }
    check_numbers_of_terms(new)
}

fn check_numbers_of_terms(new: &NewTransaction) -> Result<(), Fault> {
    let terms = &new.terms;
    if terms
        .ratio
        .is_some_and(|ratio| !ratio.new.is_positive() || !ratio.old.is_positive())
    {
        return Err(("terms/ratio", "both numbers must be more than 0".to_owned()));
    }
    let share = terms.basis_share.map(Ratio::decimal);
    if share.is_some_and(|share| share.is_sign_negative() || share > Decimal::ONE) {
        return Err((
            "terms/basis_share",
            "must be a fraction from 0 to 1".to_owned(),
        ));
    }
    let amount = new.amount.unwrap_or_default();
    if terms
        .in_lieu
        .is_some_and(|cash| !cash.is_positive() || cash > amount)
    {
        return Err((
            "terms/in_lieu",
            "must be more than 0, and is a part of the amount".to_owned(),
        ));
    }
    if terms.lots.iter().any(|lot| !lot.quantity.is_positive()) {
        return Err(("terms/lots", "each quantity must be more than 0".to_owned()));
    }
    Ok(())
}

/// Units into (+) or out of (-) the portfolio. Those of a corporate action follow from the lots.
pub(super) fn signed_quantity(new: &NewTransaction) -> Quantity {
    match new.kind {
        TransactionKind::Sell | TransactionKind::TransferOut => {
            Quantity::new(-new.quantity.decimal())
        }
        _ => new.quantity,
    }
}

/// The effect on cash, as it is given or as it follows.
pub(super) fn amount(new: &NewTransaction) -> Result<Money, Error> {
    if let Some(amount) = new.amount {
        return Ok(amount);
    }
    let costs = amounts::add(new.fee.decimal(), new.tax.decimal())?;
    let missing = || Error::Invalid {
        field: "/amount",
        detail: AMOUNT_MISSING.to_owned(),
    };
    match new.kind {
        TransactionKind::Buy | TransactionKind::Sell => {
            let price = new.price.ok_or_else(missing)?;
            let value = amounts::product(new.quantity.decimal(), price.decimal())?;
            let value = if new.kind == TransactionKind::Buy {
                -value
            } else {
                value
            };
            Ok(Money::new(amounts::subtract(value, costs)?))
        }
        TransactionKind::Split | TransactionKind::SpinOff | TransactionKind::Merger => {
            Ok(Money::ZERO)
        }
        TransactionKind::TransferIn | TransactionKind::TransferOut if new.security_id.is_some() => {
            Ok(Money::new(-costs))
        }
        _ => Err(missing()),
    }
}
