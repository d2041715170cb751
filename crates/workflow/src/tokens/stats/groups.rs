use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use entity::values::{JobId, Money, ThreadId, TokenScope};

use super::{
    Bucket, CostSum, Key, MOST_GROUPS, Question, Stats, Sums,
    rows::{CostRow, Rows, TokenRow},
};
use crate::{
    Error,
    tokens::{
        exact_sum::ExactSum,
        period::{midnight, month_of, week_of},
    },
};

/// A group while it is being added up.
#[derive(Default)]
struct Group {
    sums: Sums,
    costs: BTreeMap<String, [Option<ExactSum>; 2]>,
}

#[derive(Clone, Copy)]
enum Kind {
    Given = 0,
    Computed = 1,
}

pub(super) fn sum_up(question: &Question, rows: Rows) -> Result<Stats, Error> {
    let (mut groups, mut total) = (BTreeMap::<Key, Group>::new(), Group::default());
    for row in rows.tokens {
        total.count(&row)?;
        let (counts, key) = (row.counts(), row.key(question.bucket)?);
        groups.entry(key).or_default().add(counts)?;
        if groups.len() > MOST_GROUPS {
            return Err(Error::TooManyGroups { most: MOST_GROUPS });
        }
    }
    for (kind, costs) in [(Kind::Given, rows.given), (Kind::Computed, rows.computed)] {
        for row in costs {
            total.cost(kind, &row)?;
            let key = key_of_cost(&row, question.bucket)?;
            groups.entry(key).or_default().cost(kind, &row)?;
        }
    }
    let groups = groups
        .into_iter()
        .map(|(key, group)| Ok((key, group.finish()?)));
    Ok(Stats {
        groups: groups.collect::<Result<_, Error>>()?,
        total: total.finish()?,
    })
}

impl Group {
    fn count(&mut self, row: &TokenRow) -> Result<(), Error> {
        self.add(row.counts())
    }

    fn add(&mut self, counts: [i64; 6]) -> Result<(), Error> {
        let sums = &mut self.sums;
        let of = [
            &mut sums.requests,
            &mut sums.input_tokens,
            &mut sums.cached_input_tokens,
            &mut sums.output_tokens,
            &mut sums.reasoning_tokens,
            &mut sums.total_tokens,
        ];
        for (sum, count) in of.into_iter().zip(counts) {
            *sum = sum.checked_add(count).ok_or(Error::Overflow)?;
        }
        Ok(())
    }

    fn cost(&mut self, kind: Kind, row: &CostRow) -> Result<(), Error> {
        let of_currency = self.costs.entry(row.currency.clone()).or_default();
        let sum = of_currency[kind as usize].get_or_insert_default();
        for amount in row.amounts.split(' ') {
            let amount: Money = amount.parse().map_err(|_| Error::UsageLost)?;
            sum.add(amount.decimal(), 1)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Sums, Error> {
        let total = |sum: Option<ExactSum>| {
            let total = sum.map(ExactSum::total).transpose()?;
            Ok::<_, Error>(total.map(Money::new))
        };
        for (currency, [given, computed]) in self.costs {
            self.sums.costs.push(CostSum {
                currency,
                given: total(given)?,
                computed: total(computed)?,
            });
        }
        Ok(self.sums)
    }
}

impl TokenRow {
    fn counts(&self) -> [i64; 6] {
        [
            self.requests,
            self.input_tokens,
            self.cached_input_tokens,
            self.output_tokens,
            self.reasoning_tokens,
            self.total_tokens,
        ]
    }

    fn key(self, bucket: Bucket) -> Result<Key, Error> {
        let of = (self.scope, self.provider, self.model);
        key(bucket, &self.moment, of, (self.thread_id, self.job_id))
    }
}

fn key_of_cost(row: &CostRow, bucket: Bucket) -> Result<Key, Error> {
    let of = (row.scope, row.provider.clone(), row.model.clone());
    key(bucket, &row.moment, of, (row.thread_id, row.job_id))
}

type Of = (Option<TokenScope>, Option<String>, Option<String>);

fn key(
    bucket: Bucket,
    moment: &str,
    (scope, provider, model): Of,
    (thread_id, job_id): (Option<ThreadId>, Option<JobId>),
) -> Result<Key, Error> {
    Ok(Key {
        start: start(bucket, moment).ok_or(Error::UsageLost)?,
        scope,
        provider,
        model,
        thread_id,
        job_id,
    })
}

/// The beginning of the bucket in which a moment is.
fn start(bucket: Bucket, moment: &str) -> Option<DateTime<Utc>> {
    if bucket == Bucket::Hour {
        let hour = format!("{moment}:00:00");
        let start = NaiveDateTime::parse_from_str(&hour, "%Y-%m-%dT%H:%M:%S");
        return Some(start.ok()?.and_utc());
    }
    let day: NaiveDate = moment.parse().ok()?;
    Some(midnight(match bucket {
        Bucket::Week => week_of(day),
        Bucket::Month => month_of(day),
        Bucket::Hour | Bucket::Day => day,
    }))
}
