//! Which postings of a transaction must balance with each other: one group for each currency.

use super::inventory::Inventory;
use super::open::{OpenCost, OpenPosting};
use crate::arithmetic;
use crate::names::{CurrencyId, Names};
use crate::syntax::draft::{DraftPosting, DraftPrice, DraftTransaction};
use rust_decimal::Decimal;

/// Postings whose weights are in one currency.
#[derive(Debug)]
pub(super) struct Group {
    pub currency: CurrencyId,
    pub postings: Vec<OpenPosting>,
}

/// A fault of a transaction, at one of its lines.
pub(super) type Fault = (u32, String);

/// The currency of a cost or price while it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Absent,
    Unknown,
    In(CurrencyId),
}

impl Part {
    fn of(currency: Option<CurrencyId>) -> Self {
        currency.map_or(Self::Unknown, Self::In)
    }

    fn known(self) -> Option<CurrencyId> {
        match self {
            Self::In(currency) => Some(currency),
            Self::Absent | Self::Unknown => None,
        }
    }

    fn fill(&mut self, currency: CurrencyId) {
        if *self == Self::Unknown {
            *self = Self::In(currency);
        }
    }
}

/// The currencies of a posting while they are found.
#[derive(Debug, Clone, Copy)]
struct Currencies {
    place: usize,
    units: Option<CurrencyId>,
    cost: Part,
    price: Part,
}

impl Currencies {
    fn of(place: usize, posting: &DraftPosting) -> Self {
        let mut cost = posting
            .cost
            .as_ref()
            .map_or(Part::Absent, |cost| Part::of(cost.currency));
        let mut price = posting
            .price
            .map_or(Part::Absent, |price| Part::of(price.currency));
        if let Some(currency) = cost.known().or(price.known()) {
            cost.fill(currency);
            price.fill(currency);
        }
        Self {
            place,
            units: posting.currency,
            cost,
            price,
        }
    }

    fn weight(&self) -> Option<CurrencyId> {
        match (self.cost, self.price) {
            (Part::In(currency), _) | (_, Part::In(currency)) => Some(currency),
            (Part::Absent, Part::Absent) => self.units,
            _ => None,
        }
    }

    fn fill_weight(&mut self, currency: CurrencyId) {
        if self.cost == Part::Absent && self.price == Part::Absent {
            self.units = Some(currency);
        }
        self.fill_cost_and_price(currency);
    }

    fn fill_cost_and_price(&mut self, currency: CurrencyId) {
        self.cost.fill(currency);
        self.price.fill(currency);
    }

    fn is_complete(&self) -> bool {
        self.units.is_some() && self.cost != Part::Unknown && self.price != Part::Unknown
    }
}

/// Groups the postings of a transaction.
///
/// # Errors
/// All currencies that cannot be found, and a second posting without an amount.
pub(super) fn group(
    transaction: &DraftTransaction,
    inventories: &[Inventory],
    names: &Names,
) -> Result<Vec<Group>, Vec<Fault>> {
    let postings = &transaction.postings;
    let mut faults = Vec::new();
    let mut groups: Vec<(CurrencyId, Vec<Currencies>)> = Vec::new();
    let mut unknown = Vec::new();
    let mut bare = Vec::new();
    for (place, posting) in postings.iter().enumerate() {
        let currencies = Currencies::of(place, posting);
        if posting.is_bare() {
            bare.push(place);
        } else if let Some(currency) = currencies.weight() {
            join(&mut groups, currency, currencies);
        } else {
            unknown.push(currencies);
        }
    }
    if let ([one], [(currency, _)]) = (&mut unknown[..], &groups[..]) {
        one.fill_weight(*currency);
    }
    for mut currencies in unknown {
        let place = currencies.place;
        fill_from_inventory(&mut currencies, &postings[place], inventories);
        match currencies.weight() {
            Some(currency) => join(&mut groups, currency, currencies),
            None => faults.push(unresolved(&postings[currencies.place], names)),
        }
    }
    for currencies in groups.iter_mut().flat_map(|(_, members)| members) {
        let posting = &postings[currencies.place];
        if currencies.units.is_none() {
            currencies.units = inventories[posting.account.index()].only_currency();
        }
        if !currencies.is_complete() {
            faults.push(unresolved(posting, names));
        }
        if let (Part::In(cost), Part::In(price)) = (currencies.cost, currencies.price)
            && cost != price
        {
            let (cost, price) = (names.currency(cost), names.currency(price));
            let fault = format!(
                "the cost is in {cost} but the price is in {price}: write both in one currency"
            );
            faults.push((posting.line, fault));
        }
    }
    if let [_, second, ..] = bare[..] {
        faults.push((
            postings[second].line,
            "more than one posting has no amount: write the amounts of all but one".into(),
        ));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    open_groups(postings, groups, bare.first().copied())
}

fn join(groups: &mut Vec<(CurrencyId, Vec<Currencies>)>, currency: CurrencyId, member: Currencies) {
    match groups.iter_mut().find(|(known, _)| *known == currency) {
        Some((_, members)) => members.push(member),
        None => groups.push((currency, vec![member])),
    }
}

fn fill_from_inventory(
    currencies: &mut Currencies,
    posting: &DraftPosting,
    inventories: &[Inventory],
) {
    let inventory = &inventories[posting.account.index()];
    if currencies.units.is_none() {
        currencies.units = inventory.only_currency();
    }
    if (currencies.cost == Part::Unknown || currencies.price == Part::Unknown)
        && let Some(currency) = inventory.only_cost_currency()
    {
        currencies.fill_cost_and_price(currency);
    }
}

fn unresolved(posting: &DraftPosting, names: &Names) -> Fault {
    let message = format!(
        "a currency of the posting to {} cannot be found from the other postings: write it",
        names.account(posting.account)
    );
    (posting.line, message)
}

fn open_groups(
    postings: &[DraftPosting],
    groups: Vec<(CurrencyId, Vec<Currencies>)>,
    bare: Option<usize>,
) -> Result<Vec<Group>, Vec<Fault>> {
    let mut opened = Vec::new();
    let mut faults = Vec::new();
    for (currency, mut members) in groups {
        members.sort_by_key(|member| member.place);
        let mut group = Group {
            currency,
            postings: Vec::new(),
        };
        for member in members {
            match open(&postings[member.place], member) {
                Ok(posting) => group.postings.push(posting),
                Err(fault) => faults.push(fault),
            }
        }
        group.postings.extend(bare.map(|place| OpenPosting {
            place,
            line: postings[place].line,
            flag: postings[place].flag,
            account: postings[place].account,
            units: None,
            currency,
            cost: OpenCost::None,
            price: None,
            interpolated: false,
        }));
        opened.push(group);
    }
    if faults.is_empty() {
        Ok(opened)
    } else {
        Err(faults)
    }
}

fn open(posting: &DraftPosting, currencies: Currencies) -> Result<OpenPosting, Fault> {
    let units_currency = currencies
        .units
        .ok_or_else(|| (posting.line, String::new()))?;
    let price = match (posting.price, currencies.price.known()) {
        (Some(price), Some(currency)) => {
            let number = unit_price(posting, price).map_err(|fault| (posting.line, fault))?;
            Some((number, currency))
        }
        _ => None,
    };
    let cost = posting.cost.clone().map_or(OpenCost::None, |mut cost| {
        cost.currency = currencies.cost.known();
        OpenCost::Spec(cost)
    });
    Ok(OpenPosting {
        place: currencies.place,
        line: posting.line,
        flag: posting.flag,
        account: posting.account,
        units: posting.units,
        currency: units_currency,
        cost,
        price,
        interpolated: false,
    })
}

/// The price of one unit, from a total (`@@`) where that is what is written.
pub(super) fn unit_price(
    posting: &DraftPosting,
    price: DraftPrice,
) -> Result<Option<Decimal>, String> {
    let Some(number) = price.number else {
        return Ok(None);
    };
    if number.is_sign_negative() && !number.is_zero() {
        return Err(format!(
            "the price {number} is negative: write it without the sign"
        ));
    }
    if !price.total {
        return Ok(Some(number));
    }
    match posting.units {
        None => Err("a total price (@@) needs the number of units: write it".into()),
        Some(units) if units.is_zero() => Ok(Some(Decimal::ZERO)),
        Some(units) => arithmetic::divide(number, units.abs())
            .map(Some)
            .ok_or_else(|| "the price per unit has more digits than can be held".into()),
    }
}
