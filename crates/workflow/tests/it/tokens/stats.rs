//! Sums against a naive count of the rows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};
use db::{Tx, page::Page};
use entity::{
    values::{JobId, Money, ThreadId, TokenScope},
    workflow::token_usage::Model,
};
use identity::Ctx;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use rust_decimal::Decimal;
use testkit::on_both_engines;
use workflow::{
    Error,
    tokens::{
        Tokens,
        stats::{Bucket, By, MOST_GROUPS, Question, Stats, Sums, stats},
        usage::{Filter, NewUsage, list},
    },
};

use super::{cost, count, count_one, job_of, usage};
use crate::{made, stranger};

const BY: [By; 5] = [By::Scope, By::Provider, By::Model, By::Thread, By::Job];
const BUCKETS: [Bucket; 4] = [Bucket::Hour, Bucket::Day, Bucket::Week, Bucket::Month];

async fn ask(ctx: &Ctx, question: &Question) -> Result<Stats, Error> {
    let read = async |tx: Tx| stats(ctx, &tx, question).await;
    ctx.database.read(read).await
}

/// A key without types, and what is counted under it.
type Naive = BTreeMap<Vec<String>, NaiveSums>;

#[derive(Debug, Default, PartialEq)]
struct NaiveSums {
    counts: [i64; 6],
    costs: BTreeMap<String, [Option<Decimal>; 2]>,
}

fn start_of(bucket: Bucket, at: DateTime<Utc>) -> DateTime<Utc> {
    let midnight = at
        - TimeDelta::nanoseconds(i64::from(at.nanosecond()))
        - TimeDelta::seconds(at.num_seconds_from_midnight().into());
    let days = |days: u32| TimeDelta::days(days.into());
    match bucket {
        Bucket::Hour => midnight + TimeDelta::hours(at.hour().into()),
        Bucket::Day => midnight,
        Bucket::Week => midnight - days(at.weekday().num_days_from_monday()),
        Bucket::Month => midnight - days(at.day0()),
    }
}

fn naive(rows: &[Model], question: &Question) -> Naive {
    let mut sums = Naive::new();
    let is_asked =
        |row: &&Model| (question.first..=question.last).contains(&row.used_at.date_naive());
    for row in rows.iter().filter(is_asked) {
        let mut key = vec![start_of(question.bucket, row.used_at).to_rfc3339()];
        key.extend(question.by.iter().map(|by| match by {
            By::Scope => row.scope.to_string(),
            By::Provider => row.provider.clone(),
            By::Model => format!("{:?}", row.model),
            By::Thread => format!("{:?}", row.thread_id),
            By::Job => format!("{:?}", row.job_id),
        }));
        let sum = sums.entry(key).or_default();
        let counts = [
            1,
            row.input_tokens,
            row.cached_input_tokens,
            row.output_tokens,
            row.reasoning_tokens,
            row.total_tokens,
        ];
        for (total, count) in sum.counts.iter_mut().zip(counts) {
            *total += count;
        }
        let given = (row.cost_amount, &row.cost_currency);
        let computed = (row.computed_cost_amount, &row.computed_cost_currency);
        for (kind, (amount, currency)) in [given, computed].into_iter().enumerate() {
            if let (Some(amount), Some(currency)) = (amount, currency) {
                let cost = &mut sum.costs.entry(currency.clone()).or_default()[kind];
                *cost = Some(cost.unwrap_or_default() + amount.decimal());
            }
        }
    }
    sums
}

fn as_naive(sums: &Sums) -> NaiveSums {
    let cost = |money: Option<Money>| money.map(Money::decimal);
    let costs = sums
        .costs
        .iter()
        .map(|sum| (sum.currency.clone(), [cost(sum.given), cost(sum.computed)]));
    NaiveSums {
        counts: [
            sums.requests,
            sums.input_tokens,
            sums.cached_input_tokens,
            sums.output_tokens,
            sums.reasoning_tokens,
            sums.total_tokens,
        ],
        costs: costs.collect(),
    }
}

fn of_stats(stats: &Stats, question: &Question) -> Naive {
    let groups = stats.groups.iter().map(|(key, sums)| {
        let mut named = vec![key.start.to_rfc3339()];
        named.extend(question.by.iter().map(|by| match by {
            By::Scope => key.scope.unwrap().to_string(),
            By::Provider => key.provider.clone().unwrap(),
            By::Model => format!("{:?}", key.model),
            By::Thread => format!("{:?}", key.thread_id),
            By::Job => format!("{:?}", key.job_id),
        }));
        (named, as_naive(sums))
    });
    groups.collect()
}

fn all_of(bucket: Bucket, by: BTreeSet<By>, first: NaiveDate, last: NaiveDate) -> Question {
    Question {
        first,
        last,
        bucket,
        by,
    }
}

/// Usage of about six weeks, with little variety, so that groups have several rows.
fn some_usage(
    now: DateTime<Utc>,
    threads: [ThreadId; 2],
    jobs: [JobId; 2],
) -> impl Strategy<Value = NewUsage> {
    let what = (
        any::<bool>(),
        0..2_usize,
        0..3_usize,
        0..3_usize,
        0..3_usize,
    );
    let tokens = (0_i64..5_000, 0_i64..5_000, 0_i64..=4, 0_i64..=4);
    let given = proptest::option::of((0_i64..1_000_000, 0_u32..=14, 0..2_usize));
    let ago = 0_i64..45 * 86_400_000_000;
    (what, tokens, given, ago).prop_map(move |(what, tokens, given, ago)| {
        let (is_proactive, provider, model, thread, job) = what;
        let (input, output, cached, reasoning) = tokens;
        let mut new = usage(None, 0, 0);
        if is_proactive {
            new.scope = TokenScope::Proactive;
        }
        ["anthropic", "openai"][provider].clone_into(&mut new.provider);
        new.model = [Some("small"), Some("large"), None][model].map(str::to_owned);
        new.thread_id = threads.get(thread).copied();
        new.job_id = jobs.get(job).copied();
        new.tokens = Tokens {
            input,
            cached_input: input * cached / 4,
            output,
            reasoning: output * reasoning / 4,
        };
        new.cost = given.map(|(mantissa, scale, currency)| {
            let amount = Decimal::new(mantissa, scale).to_string();
            cost(&amount, ["USD", "EUR"][currency])
        });
        new.used_at = Some(now - TimeDelta::microseconds(ago));
        new
    })
}

on_both_engines! {
    async fn sums_are_those_of_the_rows_at_every_moment(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let threads = [made(&ctx, "one").await.id, made(&ctx, "two").await.id];
        let jobs = [job_of(&ctx, threads[0]).await, job_of(&ctx, threads[1]).await];
        let mut runner = TestRunner::deterministic();
        let some = proptest::collection::vec(some_usage(ctx.now(), threads, jobs), 80);
        let sets = proptest::sample::subsequence(BY.to_vec(), 0..=5);
        count_one(&other, usage(None, 1_000_000, 7)).await;
        for _ in 0..3 {
            count(&ctx, &some.new_tree(&mut runner).unwrap().current()).await.unwrap();
            let page = Page { after: None, limit: 1_000 };
            let rows = list(&ctx, ctx.database.reader(), &Filter::default(), &page).await.unwrap();
            for bucket in BUCKETS {
                for ago in [0_u64, 3, 25] {
                    let by: BTreeSet<By> = sets.new_tree(&mut runner).unwrap().current().into_iter().collect();
                    let last = ctx.today() - Days::new(ago);
                    let question = all_of(bucket, by, last - Days::new(20), last);
                    let found = ask(&ctx, &question).await.unwrap();
                    assert_eq!(of_stats(&found, &question), naive(&rows.items, &question), "{question:?}");
                    let whole = all_of(Bucket::Month, BTreeSet::new(), question.first, question.last);
                    let months = naive(&rows.items, &whole);
                    let total: i64 = months.values().map(|sums| sums.counts[5]).sum();
                    assert_eq!(found.total.total_tokens, total);
                }
            }
        }
    }

    async fn a_day_ends_at_midnight_in_utc_to_the_microsecond(db) {
        let ctx = db.ctx().await;
        let day: NaiveDate = "2026-03-29".parse().unwrap();
        for (at, input) in [
            ("2026-03-28T23:59:59.999999Z", 1), ("2026-03-29T00:00:00Z", 10),
            ("2026-03-29T23:59:59.999999Z", 100), ("2026-03-30T00:00:00Z", 1_000),
            ("2026-03-29T12:00:00.5Z", 10_000), ("2026-03-29T12:59:59Z", 20_000),
        ] {
            let new = NewUsage { used_at: Some(at.parse().unwrap()), ..usage(None, input, 0) };
            count_one(&ctx, new).await;
        }
        let by_day = ask(&ctx, &all_of(Bucket::Day, BTreeSet::new(), day, day)).await.unwrap();
        assert_eq!(by_day.groups.len(), 1);
        assert_eq!(by_day.total.input_tokens, 30_110);
        let by_hour = ask(&ctx, &all_of(Bucket::Hour, BTreeSet::new(), day, day)).await.unwrap();
        let hours: Vec<_> = by_hour.groups.iter().map(|(key, sums)| (key.start.hour(), sums.input_tokens)).collect();
        assert_eq!(hours, [(0, 10), (12, 30_000), (23, 100)]);
    }

    async fn nothing_used_is_no_group_and_a_zero(db) {
        let ctx = db.ctx().await;
        let question = all_of(Bucket::Day, BY.into_iter().collect(), ctx.today(), ctx.today());
        assert_eq!(ask(&ctx, &question).await.unwrap(), Stats::default());
    }

    async fn more_sums_than_an_answer_holds_are_refused(db) {
        let ctx = db.ctx().await;
        let named = |n: usize| NewUsage { model: Some(format!("m-{n}")), ..usage(None, 1, 0) };
        for start in (0..MOST_GROUPS).step_by(500) {
            let some: Vec<_> = (start..start + 500).map(named).collect();
            count(&ctx, &some).await.unwrap();
        }
        let question = all_of(Bucket::Month, BTreeSet::from([By::Model]), ctx.today() - Days::new(1), ctx.today());
        assert!(ask(&ctx, &question).await.unwrap().groups.len() >= MOST_GROUPS);
        count_one(&ctx, named(MOST_GROUPS)).await;
        let refused = ask(&ctx, &question).await.unwrap_err();
        assert!(matches!(refused, Error::TooManyGroups { most: MOST_GROUPS }), "{refused}");
    }

    async fn days_in_the_wrong_order_and_too_many_are_refused(db) {
        let ctx = db.ctx().await;
        let today = ctx.today();
        for (bucket, first, longest) in [
            (Bucket::Day, today + Days::new(1), 3_660),
            (Bucket::Hour, today - Days::new(31), 31),
            (Bucket::Month, today - Days::new(3_660), 3_660),
        ] {
            let question = all_of(bucket, BTreeSet::new(), first, today);
            let refused = ask(&ctx, &question).await.unwrap_err();
            assert!(matches!(refused, Error::InvalidRange { longest: found } if found == longest), "{refused}");
        }
    }
}
