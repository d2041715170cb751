use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use entity::values::BudgetPeriod;

/// From `start` up to `end`, which does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

/// The day, week (from Monday on) or month of UTC in which `now` is.
pub fn period_of(period: BudgetPeriod, now: DateTime<Utc>) -> Period {
    let today = now.date_naive();
    let first = match period {
        BudgetPeriod::Day => today,
        BudgetPeriod::Week => week_of(today),
        BudgetPeriod::Month => month_of(today),
    };
    let next = match period {
        BudgetPeriod::Day => first.checked_add_days(Days::new(1)),
        BudgetPeriod::Week => first.checked_add_days(Days::new(7)),
        BudgetPeriod::Month => first.checked_add_months(Months::new(1)),
    };
    Period {
        start: midnight(first),
        end: midnight(next.unwrap_or(NaiveDate::MAX)),
    }
}

/// The Monday of a day's week.
pub(super) fn week_of(day: NaiveDate) -> NaiveDate {
    let since_monday = Days::new(day.weekday().num_days_from_monday().into());
    day.checked_sub_days(since_monday).unwrap_or(day)
}

/// The first day of a day's month.
pub(super) fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The first instant after a day. The years after 9999 do not sort as text, and nothing is used in them.
pub(super) fn end_of(day: NaiveDate) -> DateTime<Utc> {
    let next = day.succ_opt().filter(|next| next.year() <= 9999);
    midnight(next.unwrap_or(day))
}

#[cfg(test)]
mod tests {
    use super::period_of;
    use entity::values::BudgetPeriod::{self, Day, Month, Week};

    #[test]
    fn periods_are_those_of_utc() {
        let of = |period: BudgetPeriod, now: &str| {
            let period = period_of(period, now.parse().unwrap());
            [period.start, period.end].map(|at| at.format("%F %T").to_string())
        };
        let at_midnight = |days: [&str; 2]| days.map(|day| format!("{day} 00:00:00"));
        let sunday = "2026-11-22T23:59:59.999999Z";
        assert_eq!(of(Day, sunday), at_midnight(["2026-11-22", "2026-11-23"]));
        assert_eq!(of(Week, sunday), at_midnight(["2026-11-16", "2026-11-23"]));
        assert_eq!(of(Month, sunday), at_midnight(["2026-11-01", "2026-12-01"]));
        let monday = "2026-12-28T00:00:00Z";
        assert_eq!(of(Week, monday), at_midnight(["2026-12-28", "2027-01-04"]));
        assert_eq!(of(Month, monday), at_midnight(["2026-12-01", "2027-01-01"]));
    }
}
