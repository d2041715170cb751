//! A portfolio that follows a ledger: its transactions with the lots that the ledger named.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure, transaction},
    values::{LotId, Price, SecurityId, TransactionId},
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    entry::{Cost, Entry, LotName, Posting},
    rows::{FEES, GAINS, TRANSFERS, cash_entry, entry_of},
    sheet::Sheet,
};
use crate::{Error, amounts, export::source::Source};

/// The lots that a page of transactions opened, and what it took from lots.
struct Lots {
    opened: HashMap<TransactionId, Vec<lot::Model>>,
    closed: HashMap<TransactionId, Vec<(lot_closure::Model, lot::Model)>>,
    /// What is alike but for a label: there, no label is one too.
    labelled: BTreeSet<Alike>,
}

/// What lots have in common that a label tells apart.
type Alike = (SecurityId, NaiveDate, Price, String);

const NO_LABEL: &str = "unlabelled";

pub(super) async fn write<C: ConnectionTrait>(
    page: &[transaction::Model],
    source: &Source<'_, C>,
    sheet: &mut Sheet,
) -> Result<(), Error> {
    let lots = Lots::load(page, source).await?;
    for row in page {
        sheet.rate(row);
        if let Some(security) = row.security_id {
            sheet.describe(source.security(security)?, row.trade_date);
        }
        let entry = match row.security_id.filter(|_| !row.quantity.is_zero()) {
            Some(security) => {
                lots.rates(row, sheet);
                lots.entry(row, security, sheet)?
            }
            None => cash_entry(row, &sheet.names)?,
        };
        sheet.push(entry)?;
    }
    Ok(())
}

impl Lots {
    async fn load<C: ConnectionTrait>(
        page: &[transaction::Model],
        source: &Source<'_, C>,
    ) -> Result<Self, Error> {
        use lot_closure::Column as Closure;

        let ids: Vec<TransactionId> = page.iter().map(|row| row.id).collect();
        let own = || {
            lot::Entity::find()
                .filter(lot::Column::UserId.eq(source.ctx.scope))
                .filter(lot::Column::PortfolioId.eq(source.portfolio.id))
        };
        let opened = own()
            .filter(lot::Column::OpenedByTransactionId.is_in(ids.iter().copied()))
            .order_by_asc(lot::Column::Id)
            .all(source.db)
            .await?;
        let closures = lot_closure::Entity::find()
            .filter(Closure::UserId.eq(source.ctx.scope))
            .filter(Closure::PortfolioId.eq(source.portfolio.id))
            .filter(Closure::TransactionId.is_in(ids))
            .order_by_asc(Closure::Id)
            .all(source.db)
            .await?;
        let taken: BTreeSet<LotId> = closures.iter().map(|closure| closure.lot_id).collect();
        let taken = own()
            .filter(lot::Column::Id.is_in(taken))
            .all(source.db)
            .await?;
        let labelled = own()
            .filter(lot::Column::Label.is_not_null())
            .all(source.db)
            .await?;
        let mut lots = Self {
            opened: HashMap::new(),
            closed: HashMap::new(),
            labelled: labelled.iter().map(alike).collect(),
        };
        for lot in opened {
            let by = lot.opened_by_transaction_id;
            lots.opened.entry(by).or_default().push(lot);
        }
        let taken: HashMap<LotId, lot::Model> =
            taken.into_iter().map(|lot| (lot.id, lot)).collect();
        for closure in closures {
            let lot = taken.get(&closure.lot_id).ok_or(Error::Inconsistent)?;
            let by = lots.closed.entry(closure.transaction_id).or_default();
            by.push((closure, lot.clone()));
        }
        Ok(lots)
    }

    /// A lot counts at the rate of its acquisition.
    fn rates(&self, row: &transaction::Model, sheet: &mut Sheet) {
        for lot in self.opened.get(&row.id).into_iter().flatten() {
            if let Some(rate) = lot.fx_rate {
                sheet.rate_on(&lot.cost_currency, lot.acquired_on, rate);
            }
        }
    }

    /// A transaction that moves units.
    fn entry(
        &self,
        row: &transaction::Model,
        security: SecurityId,
        sheet: &Sheet,
    ) -> Result<Entry, Error> {
        let closed = self.closed.get(&row.id).map_or(&[][..], Vec::as_slice);
        let opened = self.opened.get(&row.id).map_or(&[][..], Vec::as_slice);
        if closed.is_empty() && opened.is_empty() {
            return plain(row, security, sheet);
        }
        let mut entry = entry_of(row)?;
        let mut sum = row.amount.decimal();
        for (closure, lot) in closed {
            entry.postings.push(self.close(row, closure, lot, sheet)?);
            sum = amounts::subtract(sum, closure.cost_basis.decimal())?;
        }
        for lot in opened {
            entry.postings.push(self.open(lot, sheet)?);
        }
        let mut push = |account: String, amount: Decimal| {
            if !amount.is_zero() {
                entry
                    .postings
                    .push(Posting::cash(account, amount, &row.currency));
            }
        };
        push(sheet.names.cash(), row.amount.decimal());
        push(FEES.to_owned(), row.fee.decimal());
        if !closed.is_empty() {
            push(GAINS.to_owned(), -amounts::add(sum, row.fee.decimal())?);
        }
        Ok(entry)
    }

    fn open(&self, lot: &lot::Model, sheet: &Sheet) -> Result<Posting, Error> {
        let units = lot.quantity_original.decimal();
        Posting::opening(
            sheet.names.units(lot.security_id, units.is_sign_negative()),
            (units, sheet.names.commodity(lot.security_id)),
            (&Cost::Unit(lot.unit_cost.decimal()), &lot.cost_currency),
            &self.name(lot),
        )
    }

    fn close(
        &self,
        row: &transaction::Model,
        closure: &lot_closure::Model,
        lot: &lot::Model,
        sheet: &Sheet,
    ) -> Result<Posting, Error> {
        let units = closure.quantity.decimal();
        let price = row.price.filter(|_| row.currency == lot.cost_currency);
        Posting::closing(
            sheet.names.units(lot.security_id, units.is_sign_negative()),
            (-units, sheet.names.commodity(lot.security_id)),
            (lot.unit_cost.decimal(), &lot.cost_currency, true),
            &self.name(lot),
            price.map(Price::decimal),
        )
    }

    fn name(&self, lot: &lot::Model) -> LotName {
        let is_doubtful = lot.label.is_none() && self.labelled.contains(&alike(lot));
        let label = is_doubtful.then(|| NO_LABEL.to_owned());
        LotName {
            acquired_on: lot.acquired_on,
            label: lot.label.clone().or(label),
        }
    }
}

fn alike(lot: &lot::Model) -> Alike {
    let currency = lot.cost_currency.clone();
    (lot.security_id, lot.acquired_on, lot.unit_cost, currency)
}

/// Units without a cost: against cash at a price, or from elsewhere.
fn plain(row: &transaction::Model, security: SecurityId, sheet: &Sheet) -> Result<Entry, Error> {
    let mut entry = entry_of(row)?;
    let (units, cash) = (row.quantity.decimal(), row.amount.decimal());
    let account = sheet.names.units(security, false);
    let commodity = sheet.names.commodity(security);
    let is_exchange = !cash.is_zero() && cash.is_sign_negative() != units.is_sign_negative();
    let price = is_exchange.then_some((-cash, row.currency.as_str()));
    entry
        .postings
        .push(Posting::plain(account, (units, commodity), price));
    if !is_exchange {
        let elsewhere = Posting::plain(TRANSFERS.to_owned(), (-units, commodity), None);
        entry.postings.push(elsewhere);
    }
    if !cash.is_zero() {
        let paid = Posting::cash(sheet.names.cash(), cash, &row.currency);
        entry.postings.push(paid);
    }
    if !is_exchange && !cash.is_zero() {
        let elsewhere = Posting::cash(TRANSFERS, -cash, &row.currency);
        entry.postings.push(elsewhere);
    }
    Ok(entry)
}
