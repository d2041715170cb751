use super::{DateFormat, DateRule, Order, Says, parse, says};

const DAY_FIRST: DateRule = DateRule::Order(Order::DayFirst);
const MONTH_FIRST: DateRule = DateRule::Order(Order::MonthFirst);

#[test]
fn dates_are_read_as_people_and_programs_write_them() {
    for text in [
        "2024-02-09",
        "2024/02/09",
        "2024.2.9",
        "20240209",
        "09.02.2024",
        "9.2.2024",
        "09-Feb-2024",
        "9 February 2024",
        "9. Februar 2024",
        "Feb 9, 2024",
        "2024-02-09T22:15:00.000Z",
        "2024-02-09 22:15",
        "20240209;221500",
        "20240209, 22:15:00",
        "09.02.2024 22:15:00 CET",
        "2024-02-09T22:15:00+02:00",
        " 2024-02-09 ",
        "20240209T221500Z",
        "9-Feb-2024 10:15 PM",
    ] {
        for rule in [DAY_FIRST, MONTH_FIRST] {
            assert_eq!(
                parse(text, rule).unwrap().to_string(),
                "2024-02-09",
                "{text}"
            );
        }
        assert_eq!(says(text), Says::Nothing, "{text}");
    }
    for (text, rule) in [
        ("09/02/2024", DAY_FIRST),
        ("9-2-2024 10:00", DAY_FIRST),
        ("02/09/2024", MONTH_FIRST),
        ("2-9-2024", MONTH_FIRST),
    ] {
        assert_eq!(
            parse(text, rule).unwrap().to_string(),
            "2024-02-09",
            "{text}"
        );
        assert_eq!(says(text), Says::Both, "{text}");
    }
    for (german, month) in [
        ("Mär", 3),
        ("Mrz", 3),
        ("März", 3),
        ("Mai", 5),
        ("Okt", 10),
        ("Dezember", 12),
    ] {
        let read = parse(&format!("1. {german} 2024"), DAY_FIRST);
        assert_eq!(read.unwrap().to_string(), format!("2024-{month:02}-01"));
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "today",
        "2024",
        "2024-02",
        "24-02-09",
        "09.02.24",
        "2024-02-30",
        "2024-13-01",
        "31/31/2024",
        "1899-12-31",
        "0202-01-01",
        "2024-02-09x",
        "2024-02/09",
        "09.02-2024",
        "2024-02-09 soon",
        "2024-02-09 as of",
        "202402090",
        "1. Foo 2024",
        "01/15/2024 as of 01/14/2024",
        "00/01/2024",
    ] {
        assert!(parse(text, DAY_FIRST).is_err(), "{text:?} was read");
    }
}

#[test]
fn a_value_says_which_order_is_meant_if_it_can() {
    assert_eq!(says("13/02/2024"), Says::First);
    assert_eq!(says("02/13/2024"), Says::Second);
    assert_eq!(says("02/02/2024"), Says::Nothing);
    assert_eq!(says("02/03/2024"), Says::Both);
    assert_eq!(says("29/02/2023"), Says::Nothing);
}

#[test]
fn a_format_that_is_demanded_is_the_only_one() {
    let parse = |text, format| parse(text, DateRule::Only(format)).map(|date| date.to_string());
    assert_eq!(
        parse("02/03/2024", DateFormat::MonthFirst),
        Ok("2024-02-03".into())
    );
    assert_eq!(
        parse("02/03/2024", DateFormat::DayFirst),
        Ok("2024-03-02".into())
    );
    assert_eq!(
        parse("02.03.2024", DateFormat::DayFirst),
        Ok("2024-03-02".into())
    );
    assert!(parse("02.03.2024", DateFormat::MonthFirst).is_err());
    assert!(parse("2024-03-02", DateFormat::Basic).is_err());
    assert!(parse("20240302", DateFormat::Iso).is_err());
}
