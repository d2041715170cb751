//! The first transaction that differs; pure.
//!
//! Both sides are gone through day by day. After each day, what has moved until then is compared: units of
//! each security, cash of each currency, the cost of a unit. On the first day on which one of these is
//! apart, the transactions of that day that one side has and the other has not are the answer.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use num_bigint::BigInt;
use rust_decimal::Decimal;

use super::{
    difference::{DifferenceKind, FirstDifference},
    exact::{AtCost, agree, whole},
    movement::{Movement, Told},
};

/// What is compared, in the order in which it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Quantity { security: String },
    Cash { currency: String },
    UnitCost { security: String, currency: String },
}

/// Of movements that are each in the order of their dates; `None` where no day is apart.
pub fn first_difference(ours: &[Movement], ledger: &[Movement]) -> Option<FirstDifference> {
    let days: BTreeSet<NaiveDate> = ours.iter().chain(ledger).map(|one| one.date).collect();
    let mut sums = [Sums::default(), Sums::default()];
    let mut rest = [ours, ledger];
    for day in days {
        let of_day = [take_day(&mut rest[0], day), take_day(&mut rest[1], day)];
        let mut touched = BTreeSet::new();
        for (sums, movements) in sums.iter_mut().zip(of_day) {
            for (key, change) in movements.iter().flat_map(effects) {
                sums.add(&key, &change);
                touched.insert(key);
            }
        }
        let apart = touched
            .into_iter()
            .find(|key| !sums[0].agrees(&sums[1], key));
        if let Some(key) = apart {
            return Some(told(day, key, of_day));
        }
    }
    None
}

fn take_day<'m>(rest: &mut &'m [Movement], day: NaiveDate) -> &'m [Movement] {
    let end = rest.partition_point(|movement| movement.date <= day);
    let (of_day, later) = rest.split_at(end);
    *rest = later;
    of_day
}

/// What has moved of each until now. Units of securities and amounts of cash have no cost.
#[derive(Default)]
struct Sums(HashMap<Key, AtCost>);

impl Sums {
    fn add(&mut self, key: &Key, change: &AtCost) {
        let sum = self.0.entry(key.clone()).or_default();
        sum.units += &change.units;
        sum.cost += &change.cost;
    }

    fn agrees(&self, other: &Self, key: &Key) -> bool {
        let nothing = AtCost::default();
        let one = self.0.get(key).unwrap_or(&nothing);
        let other = other.0.get(key).unwrap_or(&nothing);
        match key {
            Key::Quantity { .. } => one.units == other.units,
            Key::Cash { .. } => agree(&one.units, &other.units),
            Key::UnitCost { .. } => one.agrees(other),
        }
    }
}

fn effects(movement: &Movement) -> Vec<(Key, AtCost)> {
    let without_cost = |units: Decimal| AtCost {
        units: whole(units),
        cost: BigInt::ZERO,
    };
    let units = movement.quantities.iter().map(|(security, units)| {
        let security = security.clone();
        (Key::Quantity { security }, without_cost(*units))
    });
    let currency = movement.currency.clone();
    let cash = (Key::Cash { currency }, without_cost(movement.amount));
    let costs = movement.lots.iter().map(|change| {
        let key = Key::UnitCost {
            security: change.security.clone(),
            currency: change.currency.clone(),
        };
        let change = AtCost {
            units: whole(change.units),
            cost: whole(change.cost),
        };
        (key, change)
    });
    units.chain([cash]).chain(costs).collect()
}

/// What a movement does to one key in all.
fn effect_on(movement: &Movement, key: &Key) -> AtCost {
    let mut sum = AtCost::default();
    let of_key = effects(movement).into_iter().filter(|(of, _)| of == key);
    for (_, change) in of_key {
        sum.units += change.units;
        sum.cost += change.cost;
    }
    sum
}

fn told(date: NaiveDate, key: Key, of_day: [&[Movement]; 2]) -> FirstDifference {
    let (ours, ledger) = culprits(&key, of_day);
    let (kind, security, currency) = match key {
        Key::Quantity { security } => (DifferenceKind::Quantity, Some(security), None),
        Key::Cash { currency } => (DifferenceKind::Cash, None, Some(currency)),
        Key::UnitCost { security, currency } => {
            (DifferenceKind::UnitCost, Some(security), Some(currency))
        }
    };
    FirstDifference {
        date,
        kind,
        security,
        currency,
        ours: ours.and_then(|movement| match &movement.told {
            Told::InBooks(transaction) => Some(transaction.clone()),
            Told::InLedger(_) => None,
        }),
        ledger: ledger.and_then(|movement| match &movement.told {
            Told::InLedger(transaction) => Some(transaction.clone()),
            Told::InBooks(_) => None,
        }),
    }
}

/// Of a day after which a key is apart, the movements that made it so: those that touch the key, less what
/// both sides have in the same or in another form.
fn culprits<'m>(
    key: &Key,
    [ours, ledger]: [&'m [Movement]; 2],
) -> (Option<&'m Movement>, Option<&'m Movement>) {
    let nothing = AtCost::default();
    let touching = |movements: &'m [Movement]| -> Vec<&'m Movement> {
        let touches = |movement: &&Movement| effect_on(movement, key) != nothing;
        movements.iter().filter(touches).collect()
    };
    let all = (touching(ours), touching(ledger));
    let same = without_equals(&all, |movement| {
        (
            (movement.security.clone(), movement.quantities.clone()),
            (movement.amount, movement.currency.clone()),
            sorted_lots(movement),
        )
    });
    let same = narrowed(all, same);
    let alike = without_equals(&same, |movement| effect_on(movement, key));
    let alike = narrowed(same, alike);
    let in_parts = without_equal_sums(&alike, key);
    let (ours, ledger) = narrowed(alike, in_parts);
    closest(&ours, &ledger)
}

type Both<'m> = (Vec<&'m Movement>, Vec<&'m Movement>);

/// What is left after something was taken away, unless that is nothing: cents of earlier days can make a day
/// the first that is apart, although both sides moved the same on it.
fn narrowed<'m>(before: Both<'m>, after: Both<'m>) -> Both<'m> {
    if after.0.is_empty() && after.1.is_empty() {
        before
    } else {
        after
    }
}

fn sorted_lots(movement: &Movement) -> Vec<(&str, &str, Decimal, Decimal)> {
    let lots = movement.lots.iter().map(|one| {
        let (security, currency) = (one.security.as_str(), one.currency.as_str());
        (security, currency, one.units, one.cost)
    });
    let mut lots: Vec<_> = lots.collect();
    lots.sort_unstable();
    lots
}

/// Takes off both sides what they have alike, each as often as both have it.
fn without_equals<'m, K: PartialEq>(
    (ours, ledger): &Both<'m>,
    key: impl Fn(&'m Movement) -> K,
) -> Both<'m> {
    let mut left: Vec<(K, &Movement)> = ledger.iter().map(|one| (key(one), *one)).collect();
    let mut ours_left = Vec::new();
    for one in ours {
        let wanted = key(one);
        match left.iter().position(|(known, _)| *known == wanted) {
            Some(at) => {
                left.remove(at);
            }
            None => ours_left.push(*one),
        }
    }
    (ours_left, left.into_iter().map(|(_, one)| one).collect())
}

/// Takes off both sides what they have in other parts: two purchases of a security for one.
fn without_equal_sums<'m>((ours, ledger): &Both<'m>, key: &Key) -> Both<'m> {
    let sums = |movements: &[&Movement]| {
        let mut sums: HashMap<Option<String>, AtCost> = HashMap::new();
        for movement in movements {
            let sum = sums.entry(movement.security.clone()).or_default();
            let effect = effect_on(movement, key);
            sum.units += effect.units;
            sum.cost += effect.cost;
        }
        sums
    };
    let (of_ours, of_ledger) = (sums(ours), sums(ledger));
    let differs = |movement: &&&Movement| {
        of_ours.get(&movement.security) != of_ledger.get(&movement.security)
    };
    (
        ours.iter().filter(differs).copied().collect(),
        ledger.iter().filter(differs).copied().collect(),
    )
}

/// Of what is left on both sides, the two that are most alike, if they have anything in common; else the
/// first of the books, or of the ledger where the books have none.
fn closest<'m>(
    ours: &[&'m Movement],
    ledger: &[&'m Movement],
) -> (Option<&'m Movement>, Option<&'m Movement>) {
    let mut best: Option<(usize, &Movement, &Movement)> = None;
    for one in ours {
        for other in ledger {
            let alike = likeness(one, other);
            if alike > best.map_or(0, |(most, ..)| most) {
                best = Some((alike, one, other));
            }
        }
    }
    match (best, ours.first(), ledger.first()) {
        (Some((_, one, other)), ..) => (Some(one), Some(other)),
        (None, Some(one), _) => (Some(one), None),
        (None, None, other) => (None, other.copied()),
    }
}

fn likeness(one: &Movement, other: &Movement) -> usize {
    let same_units = !one.quantities.is_empty() && one.quantities == other.quantities;
    let same_security = one.security.is_some() && one.security == other.security;
    let same_amount = one.amount == other.amount && one.currency == other.currency;
    let neither = one.security.is_none() && other.security.is_none();
    let same_words = one.words().is_some() && one.words() == other.words();
    2 * usize::from(same_security)
        + usize::from(same_units)
        + usize::from(same_amount && !one.amount.is_zero())
        + usize::from(neither)
        + usize::from(same_words)
}
