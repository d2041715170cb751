//! From what a row says to a transaction: what each kind must say, and what follows from it.

use chrono::NaiveDate;
use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use super::{
    booking::Booking,
    cells::Cells,
    exact,
    faults::Faults,
    field::Field,
    numbers,
    row::{Row, RowTerms, SecurityName},
};

const CANCELLED: &str = "if it was cancelled, leave out this row and the one that it cancels";

const TOO_EXACT: &str = "the amount that follows from the row has more than 28 digits";

/// What a row says about money and units, before its kind is looked at.
pub(super) struct Said {
    pub security: Option<SecurityName>,
    pub units: Decimal,
    pub price: Option<Decimal>,
    /// Effect on cash, signed, fee and tax included.
    pub amount: Option<Decimal>,
    pub currency: String,
    pub fee: Decimal,
    pub tax: Decimal,
    pub fx_rate: Option<Decimal>,
    pub ratio: Option<(Decimal, Decimal)>,
    pub narration: Option<String>,
}

/// The transaction, if everything that its kind needs is there and right.
pub(super) fn assemble(
    cells: &Cells<'_>,
    kind: Kind,
    said: Said,
    faults: &mut Faults,
) -> Option<Row> {
    let trade_date = cells.required_date(Field::Date, faults)?;
    let mut row = row(cells, kind, trade_date, said, faults);
    row.ratio = row.ratio.filter(|_| kind == Kind::Split);
    check_direction(cells, kind, faults);
    match kind {
        Kind::Buy | Kind::Sell => trade(cells, &row, faults),
        Kind::TransferIn | Kind::TransferOut
            if row.security.is_some() && !row.quantity.is_zero() =>
        {
            row.amount = exact::less(Decimal::ZERO, row.fee, row.tax);
        }
        Kind::Split => split(cells, &mut row, faults),
        _ => cash(cells, &mut row, faults),
    }
    if row.fx_rate.is_some_and(|rate| rate <= Decimal::ZERO) {
        cells.fault(faults, Field::FxRate, "the rate must be greater than zero");
    }
    faults.is_empty().then_some(row)
}

/// The transaction of a row that says its whole effect on cash: nothing follows from anything else.
pub(super) fn as_told(
    cells: &Cells<'_>,
    kind: Kind,
    said: Said,
    terms: RowTerms,
    faults: &mut Faults,
) -> Option<Row> {
    let trade_date = cells.required_date(Field::Date, faults)?;
    let row = row(cells, kind, trade_date, said, faults);
    check_direction(cells, kind, faults);
    faults.is_empty().then_some(Row { terms, ..row })
}

fn row(
    cells: &Cells<'_>,
    kind: Kind,
    trade_date: NaiveDate,
    said: Said,
    faults: &mut Faults,
) -> Row {
    Row {
        line: cells.line,
        kind,
        trade_date,
        settle_date: cells.date(Field::SettleDate, faults),
        ex_date: cells.date(Field::ExDate, faults),
        pay_date: cells.date(Field::PayDate, faults),
        security: said.security,
        quantity: said.units,
        price: said.price,
        amount: said.amount,
        currency: said.currency,
        fee: said.fee,
        tax: said.tax,
        fx_rate: said.fx_rate,
        ratio: said.ratio,
        terms: RowTerms::default(),
        narration: said.narration,
        external_id: cells.owned(Field::Id),
    }
}

fn trade(cells: &Cells<'_>, row: &Row, faults: &mut Faults) {
    need_security(cells, row, faults);
    if row.quantity.is_zero() {
        let detail = format!("a {} needs a quantity", row.kind);
        cells.missing(faults, Field::Quantity, detail);
    }
    if row.price.is_none() && row.amount.is_none() {
        let detail = format!("a {} needs a price or an amount", row.kind);
        cells.missing(faults, Field::Price, detail);
    }
    let amount = row.amount.unwrap_or_default();
    let costs = exact::sum(row.fee, row.tax).unwrap_or(Decimal::MAX);
    match row.kind {
        Kind::Buy if amount > Decimal::ZERO => {
            cells.fault(
                faults,
                Field::Amount,
                format!("a purchase that brings cash: {CANCELLED}"),
            );
        }
        // Its fee may be more than it brings.
        Kind::Sell if -amount > costs => {
            cells.fault(
                faults,
                Field::Amount,
                format!("a sale that costs cash: {CANCELLED}"),
            );
        }
        _ => {}
    }
}

/// A negative quantity of what adds units takes them away again.
fn check_direction(cells: &Cells<'_>, kind: Kind, faults: &mut Faults) {
    let quantity = cells.text(Field::Quantity);
    let is_negative = quantity.and_then(numbers::is_negative).unwrap_or(false);
    if is_negative && matches!(kind, Kind::Buy | Kind::TransferIn) {
        let detail = format!("a {kind} of less than nothing: {CANCELLED}");
        cells.fault(faults, Field::Quantity, detail);
    }
}

fn split(cells: &Cells<'_>, row: &mut Row, faults: &mut Faults) {
    need_security(cells, row, faults);
    (row.quantity, row.price, row.amount) = (Decimal::ZERO, None, Some(Decimal::ZERO));
    let is_positive = |(new, old): (Decimal, Decimal)| new > Decimal::ZERO && old > Decimal::ZERO;
    if !row.ratio.is_some_and(is_positive) {
        let detail = "a split needs new units for old ones, such as 3:1, both greater than zero";
        cells.missing(faults, Field::Ratio, detail);
    }
}

fn cash(cells: &Cells<'_>, row: &mut Row, faults: &mut Faults) {
    (row.quantity, row.price) = (Decimal::ZERO, None);
    if matches!(row.kind, Kind::Dividend | Kind::ReturnOfCapital) {
        need_security(cells, row, faults);
    }
    if matches!(row.kind, Kind::Deposit | Kind::Withdrawal) {
        row.security = None;
    }
    if matches!(row.kind, Kind::Fee | Kind::Tax) {
        (row.fee, row.tax) = (Decimal::ZERO, Decimal::ZERO);
    }
    let Some(amount) = row.amount else {
        let detail = format!("a {} needs an amount", row.kind);
        cells.missing(faults, Field::Amount, detail);
        return;
    };
    let wrong_way = match row.kind {
        Kind::Deposit | Kind::TransferIn => amount < Decimal::ZERO,
        Kind::Withdrawal | Kind::TransferOut => amount > Decimal::ZERO,
        _ => false,
    };
    if wrong_way {
        let detail = format!(
            "a {} of {amount} goes the wrong way: if it takes another one back, leave out both",
            row.kind
        );
        cells.fault(faults, Field::Amount, detail);
    }
}

fn need_security(cells: &Cells<'_>, row: &Row, faults: &mut Faults) {
    if row.security.is_none() {
        let detail = format!(
            "a {} needs a security: a symbol, an ISIN or a name",
            row.kind
        );
        cells.missing(faults, Field::Symbol, detail);
    }
}

/// `gross` in the booking's direction, less fee and tax.
pub(super) fn net(
    booking: Booking,
    gross: Decimal,
    (fee, tax): (Decimal, Decimal),
    cells: &Cells<'_>,
    faults: &mut Faults,
) -> Option<Decimal> {
    let gross = if booking.brings_cash { gross } else { -gross };
    let net = exact::less(gross, fee, tax);
    if net.is_none() {
        cells.fault(faults, Field::Amount, TOO_EXACT);
    }
    net
}

/// Units times price, if both are there.
pub(super) fn value(
    units: Decimal,
    price: Option<Decimal>,
    cells: &Cells<'_>,
    faults: &mut Faults,
) -> Option<Decimal> {
    let price = price.filter(|_| !units.is_zero())?;
    let value = exact::product(units, price);
    if value.is_none() {
        cells.fault(faults, Field::Price, TOO_EXACT);
    }
    value
}
