//! A replay without a thought of speed: a list of lots, exact fractions, and nothing rounded.

use std::cmp::Ordering;

use books::booking::Book;
use entity::values::{LotMethod, SecurityId};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};
use rust_decimal::Decimal;

use super::{Step, day};

#[derive(Clone)]
struct Lot {
    day: usize,
    units: BigRational,
    cost: BigRational,
}

pub struct Replay {
    method: LotMethod,
    lots: Vec<Lot>,
}

fn whole(number: i64) -> BigRational {
    BigRational::from_integer(BigInt::from(number))
}

impl Replay {
    pub fn new(method: LotMethod) -> Self {
        Self {
            method,
            lots: Vec::new(),
        }
    }

    fn units(&self) -> BigRational {
        self.lots.iter().map(|lot| lot.units.clone()).sum()
    }

    fn cost(&self) -> BigRational {
        self.lots.iter().map(|lot| lot.cost.clone()).sum()
    }

    /// Whether it could be done.
    pub fn apply(&mut self, number: usize, step: &Step) -> bool {
        match *step {
            Step::Buy { units, cents } => self.lots.push(Lot {
                day: number,
                units: whole(units),
                cost: whole(cents),
            }),
            Step::Sell { units, .. } => {
                if self.units() < whole(units) {
                    return false;
                }
                self.sell(whole(units));
            }
            Step::Split { new, old } => {
                for lot in &mut self.lots {
                    lot.units *= whole(new) / whole(old);
                }
                return !self.lots.is_empty();
            }
            Step::ReturnCapital { cents } => {
                let all = self.units();
                self.average();
                for lot in &mut self.lots {
                    let back = whole(cents) * &lot.units / &all;
                    lot.cost = (&lot.cost - back).max(BigRational::zero());
                }
                return !self.lots.is_empty();
            }
        }
        true
    }

    /// Under the method of average cost every lot costs the same a unit, whenever one asks.
    fn average(&mut self) {
        if self.method == LotMethod::Average {
            let (units, cost) = (self.units(), self.cost());
            for lot in &mut self.lots {
                lot.cost = &cost * &lot.units / &units;
            }
        }
    }

    fn sell(&mut self, mut wanted: BigRational) {
        self.average();
        while wanted.is_positive() {
            let at = self.next();
            let lot = &mut self.lots[at];
            if lot.units <= wanted {
                wanted -= &lot.units;
                self.lots.remove(at);
            } else {
                let left = &lot.units - &wanted;
                lot.cost = &lot.cost * &left / &lot.units;
                lot.units = left;
                wanted = BigRational::zero();
            }
        }
    }

    fn next(&self) -> usize {
        let mut best = 0;
        for at in 1..self.lots.len() {
            let (this, other) = (&self.lots[at], &self.lots[best]);
            let is_better = match self.method {
                LotMethod::Lifo => this.day >= other.day,
                LotMethod::Hifo => {
                    (&this.cost / &this.units).cmp(&(&other.cost / &other.units))
                        == Ordering::Greater
                }
                _ => false,
            };
            if is_better {
                best = at;
            }
        }
        best
    }

    /// The same lots with the same units, and costs that differ by what rounding to 12 decimals makes.
    pub fn compare(&mut self, book: &Book, security: SecurityId) -> Result<(), TestCaseError> {
        self.average();
        let lots = book.open_lots(security).unwrap();
        prop_assert_eq!(lots.len(), self.lots.len());
        for (lot, naive) in lots.iter().zip(&self.lots) {
            prop_assert_eq!(lot.acquired_on, day(naive.day));
            let units = exact(lot.quantity) - &naive.units;
            prop_assert!(
                units.abs() < exact(Decimal::new(1, 20)),
                "units of {:?}",
                lot
            );
            let cost = exact(lot.cost) * whole(100) - &naive.cost;
            prop_assert!(
                cost.abs() < exact(Decimal::new(1, 7)),
                "cost of {:?}, off by {}",
                lot,
                cost
            );
        }
        Ok(())
    }
}

fn exact(number: Decimal) -> BigRational {
    let scale = BigInt::from(10_u8).pow(number.scale());
    BigRational::new(BigInt::from(number.mantissa()), scale)
}
