//! A portfolio whose transactions are recorded here: its lots are booked once more, and each transaction says
//! what it did to them.
//!
//! Beancount keeps what a unit of a lot costs, the books what is left of the lot's cost. Where the two part by
//! more than rounding, as under the method of average cost, a transaction before gives the lots the cost that the
//! books have.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{portfolio, transaction},
    values::{LotMethod, Price, SecurityId, TransactionKind as Kind},
};
use rust_decimal::Decimal;

use super::{
    entry::{Cost, Entry, LotName, Posting},
    rows::{FEES, GAINS, Sums, TAXES, TRANSFERS, cash_entry, entry_of},
    sheet::Sheet,
};
use crate::{
    Error, amounts,
    booking::{Book, Closing, LotKey, Opening, Rules},
    export::source::Source,
    record::event_of,
};

/// How far the cost of what leaves a lot may be from what Beancount makes of it.
const DRIFT: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

pub(super) struct History {
    book: Book,
    method: LotMethod,
    /// The lots as the ledger has them.
    lots: BTreeMap<SecurityId, BTreeMap<LotKey, Written>>,
}

/// A lot as it stands in the ledger.
#[derive(Clone, Debug)]
struct Written {
    units: Decimal,
    unit_cost: Decimal,
    currency: String,
    acquired_on: NaiveDate,
}

impl Written {
    fn name(&self, key: &LotKey) -> LotName {
        let LotKey { opened_by, ordinal } = key;
        let label = match ordinal {
            0 => opened_by.to_string(),
            more => format!("{opened_by}/{more}"),
        };
        LotName {
            acquired_on: self.acquired_on,
            label: Some(label),
        }
    }
}

impl History {
    pub(super) fn new(portfolio: &portfolio::Model) -> Self {
        let rules = Rules {
            method: portfolio.lot_method,
            allows_shorts: portfolio.allows_shorts,
        };
        Self {
            book: Book::new(rules),
            method: rules.method,
            lots: BTreeMap::new(),
        }
    }

    pub(super) fn write<C: ConnectionTrait>(
        &mut self,
        row: &transaction::Model,
        source: &Source<'_, C>,
        sheet: &mut Sheet,
    ) -> Result<(), Error> {
        sheet.rate(row);
        let Some(event) = event_of(row)? else {
            if let Some(security) = row.security_id {
                sheet.describe(source.security(security)?, row.trade_date);
            }
            return sheet.push(cash_entry(row, &sheet.names)?);
        };
        for security in event.movement.securities() {
            sheet.describe(source.security(security)?, row.trade_date);
        }
        self.book.book(&event).map_err(Error::Unbookable)?;
        let booked = self.book.take_booked();
        // What is sold of units that have just come, or of their security, is the fraction of a corporate action.
        let is_fraction = |closing: &Closing| {
            closing.lot.opened_by == row.id || Some(closing.security) != row.security_id
        };
        let (fraction, held): (Vec<Closing>, Vec<Closing>) =
            booked.closings.into_iter().partition(is_fraction);
        let for_fraction = amounts::sum(fraction.iter().map(|sold| sold.proceeds).collect())?;
        let cash = amounts::subtract(row.amount.decimal(), for_fraction)?;
        for opening in booked
            .openings
            .iter()
            .filter(|_| row.kind == Kind::TransferIn)
        {
            if let Some(rate) = row.fx_rate
                && !sheet.has_rate(&opening.currency, opening.acquired_on)
            {
                sheet.rate_on(&opening.currency, opening.acquired_on, rate);
            }
        }
        self.adjust_costs(row, &held, sheet)?;
        let entry = self.entry(row, &held, &booked.openings, cash, sheet)?;
        sheet.push(entry)?;
        if fraction.is_empty() {
            return Ok(());
        }
        self.adjust_costs(row, &fraction, sheet)?;
        let entry = self.entry(row, &fraction, &[], for_fraction, sheet)?;
        sheet.push(entry)
    }

    fn entry(
        &mut self,
        row: &transaction::Model,
        closings: &[Closing],
        openings: &[Opening],
        cash: Decimal,
        sheet: &Sheet,
    ) -> Result<Entry, Error> {
        let mut entry = entry_of(row)?;
        // What the transaction brings, less where it comes from: what is left came from elsewhere.
        let mut sums = Sums::default();
        let mut gains = Sums::default();
        for closing in closings {
            entry.postings.push(self.close(row, closing, sheet)?);
            sums.add(&closing.currency, -closing.cost_basis)?;
            gains.add(&closing.currency, closing.realized_gain)?;
        }
        for opening in openings {
            entry.postings.push(self.open(opening, sheet)?);
            sums.add(&opening.currency, opening.cost_basis)?;
        }
        let mut push = |account: String, amount: Decimal, currency: &str| {
            if !amount.is_zero() {
                entry
                    .postings
                    .push(Posting::cash(account, amount, currency));
            }
            sums.add(currency, amount)
        };
        push(sheet.names.cash(), cash, &row.currency)?;
        for (currency, gain) in gains.0 {
            push(GAINS.to_owned(), -gain, &currency)?;
        }
        if matches!(row.kind, Kind::TransferIn | Kind::TransferOut) {
            push(FEES.to_owned(), row.fee.decimal(), &row.currency)?;
            push(TAXES.to_owned(), row.tax.decimal(), &row.currency)?;
            let left = sums.0.into_iter().filter(|(_, sum)| !sum.is_zero());
            let left: Vec<_> = left.collect();
            for (currency, sum) in left {
                let elsewhere = Posting::cash(TRANSFERS, -sum, &currency);
                entry.postings.push(elsewhere);
            }
        }
        Ok(entry)
    }

    fn open(&mut self, opening: &Opening, sheet: &Sheet) -> Result<Posting, Error> {
        let cost = Cost::of(opening.cost_basis, opening.quantity)?;
        let lot = Written {
            units: opening.quantity,
            unit_cost: cost.per_unit(opening.quantity)?,
            currency: opening.currency.clone(),
            acquired_on: opening.acquired_on,
        };
        let (security, units) = (opening.security, opening.quantity);
        let posting = Posting::opening(
            sheet.names.units(security, units.is_sign_negative()),
            (units, sheet.names.commodity(security)),
            (&cost, &opening.currency),
            &lot.name(&opening.lot),
        )?;
        let lots = self.lots.entry(security).or_default();
        lots.insert(opening.lot, lot);
        Ok(posting)
    }

    fn close(
        &mut self,
        row: &transaction::Model,
        closing: &Closing,
        sheet: &Sheet,
    ) -> Result<Posting, Error> {
        let security = closing.security;
        let lots = self.lots.entry(security).or_default();
        let lot = lots.get_mut(&closing.lot).ok_or(Error::Inconsistent)?;
        lot.units = amounts::subtract(lot.units, closing.quantity)?;
        let is_trade = matches!(row.kind, Kind::Buy | Kind::Sell);
        let price = row
            .price
            .filter(|_| is_trade && row.currency == lot.currency);
        let posting = Posting::closing(
            sheet
                .names
                .units(security, closing.quantity.is_sign_negative()),
            (-closing.quantity, sheet.names.commodity(security)),
            (lot.unit_cost, &lot.currency, false),
            &lot.name(&closing.lot),
            price.map(Price::decimal),
        );
        if lot.units.is_zero() {
            lots.remove(&closing.lot);
        }
        posting
    }

    /// Before units leave: gives the lots the cost that the books have, if what leaves is not at the cost that
    /// the ledger has.
    fn adjust_costs(
        &mut self,
        row: &transaction::Model,
        closings: &[Closing],
        sheet: &mut Sheet,
    ) -> Result<(), Error> {
        let mut adjusted: Vec<SecurityId> = Vec::new();
        for closing in closings {
            let lot = self.lots.get(&closing.security);
            let lot = lot.and_then(|lots| lots.get(&closing.lot));
            let lot = lot.ok_or(Error::Inconsistent)?;
            let written = amounts::product(closing.quantity, lot.unit_cost)?;
            let drift = amounts::subtract(closing.cost_basis, written)?;
            let is_owed =
                closing.cost_basis.is_sign_negative() != closing.quantity.is_sign_negative();
            if drift.abs() > DRIFT && !is_owed && !adjusted.contains(&closing.security) {
                adjusted.push(closing.security);
            }
        }
        for security in adjusted {
            let costs = self.costs_before(security, closings)?;
            let entry = self.adjustment(row, security, &costs, sheet)?;
            sheet.push(entry)?;
        }
        Ok(())
    }

    /// What each lot of a security cost before the closings: what left it, and what is left.
    fn costs_before(
        &self,
        security: SecurityId,
        closings: &[Closing],
    ) -> Result<BTreeMap<LotKey, Decimal>, Error> {
        let open = self.book.open_lots(security).map_err(Error::Unbookable)?;
        let mut costs: BTreeMap<LotKey, Decimal> =
            open.into_iter().map(|lot| (lot.key, lot.cost)).collect();
        for closing in closings.iter().filter(|one| one.security == security) {
            let cost = costs.entry(closing.lot).or_default();
            *cost = amounts::add(*cost, closing.cost_basis)?;
        }
        Ok(costs)
    }

    fn adjustment(
        &mut self,
        row: &transaction::Model,
        security: SecurityId,
        costs: &BTreeMap<LotKey, Decimal>,
        sheet: &Sheet,
    ) -> Result<Entry, Error> {
        let lots = self.lots.entry(security).or_default();
        let commodity = sheet.names.commodity(security);
        let mut postings = Vec::new();
        for (key, lot) in lots.iter_mut() {
            let Some(total) = costs.get(key) else {
                continue;
            };
            let cost = Cost::of(*total, lot.units)?;
            let (units, unit_cost) = (lot.units, cost.per_unit(lot.units)?);
            if unit_cost == lot.unit_cost {
                continue;
            }
            let account = || sheet.names.units(security, units.is_sign_negative());
            let name = lot.name(key);
            let old = (lot.unit_cost, lot.currency.as_str(), false);
            let closing = Posting::closing(account(), (-units, commodity), old, &name, None)?;
            let new = (&cost, lot.currency.as_str());
            let opening = Posting::opening(account(), (units, commodity), new, &name)?;
            postings.extend([closing, opening]);
            lot.unit_cost = unit_cost;
        }
        Ok(Entry {
            date: row.trade_date,
            narration: format!("Cost of {commodity} by the method {}", self.method),
            metadata: Vec::new(),
            postings,
        })
    }
}
