use rust_decimal::Decimal;

use super::{Mark, Says, from_json, is_negative, parse, says};

#[test]
fn numbers_are_read_as_people_write_them() {
    for (text, mark, expected) in [
        ("1,234.56", Mark::Point, "1234.56"),
        ("1.234,56", Mark::Comma, "1234.56"),
        ("1 234,56", Mark::Comma, "1234.56"),
        ("1\u{a0}234\u{202f}567", Mark::Comma, ""),
        ("1\u{202f}234\u{202f}567,5", Mark::Comma, "1234567.5"),
        ("1'234.5", Mark::Point, "1234.5"),
        ("(12.00)", Mark::Point, "-12.00"),
        ("12.00-", Mark::Point, "-12.00"),
        ("($1,855.00)", Mark::Point, "-1855.00"),
        ("-$692.48", Mark::Point, "-692.48"),
        ("$-692.48", Mark::Point, "-692.48"),
        ("+5", Mark::Point, "5"),
        ("€ 5", Mark::Comma, "5"),
        ("5,10 EUR", Mark::Comma, "5.10"),
        ("USD5", Mark::Point, "5"),
        ("C$ .5", Mark::Point, "0.5"),
        ("1234", Mark::Comma, "1234"),
        ("0,123", Mark::Comma, "0.123"),
        ("1,234", Mark::Point, "1234"),
        ("1,234", Mark::Comma, "1.234"),
    ] {
        let read = parse(text, mark);
        if expected.is_empty() {
            assert!(read.is_err(), "{text:?} was read as {read:?}");
        } else {
            assert_eq!(
                read,
                Ok(expected.parse::<Decimal>().unwrap().normalize()),
                "{text:?}"
            );
        }
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in [
        "",
        "-",
        "abc",
        "1e5",
        "5.",
        "--5",
        "-(5)",
        "(5",
        "5)",
        "1,23,456.78",
        "12,34",
        "1,2345",
        "0,123",
        "NaN",
        "1 2",
        "1.2.3",
        "5%",
        "12k",
        "0x10",
        "٣",
        "1_000",
        "$",
        "EUR",
        "1,234'567",
        ",5",
    ] {
        assert!(parse(text, Mark::Point).is_err(), "{text:?} was read");
    }
    let long = "12345678901234567890123456789";
    assert!(
        parse(long, Mark::Point)
            .unwrap_err()
            .contains("more than 28 digits")
    );
    let decimals = format!("0.{}1", "0".repeat(28));
    assert!(
        parse(&decimals, Mark::Point)
            .unwrap_err()
            .contains("more than 28 digits")
    );
}

#[test]
fn a_value_says_which_mark_is_meant_if_it_can() {
    for (text, expected) in [
        ("1234", Says::Nothing),
        ("1 234", Says::Nothing),
        ("abc", Says::Nothing),
        ("1,234", Says::Both),
        ("1.234", Says::Both),
        ("-$1,234", Says::Both),
        ("1,23", Says::Second),
        ("0,123", Says::Second),
        ("1234,567", Says::Second),
        ("1.23", Says::First),
        ("1,234,567", Says::First),
        ("1.234.567", Says::Second),
        ("1,234.567", Says::First),
        ("1.234,567", Says::Second),
    ] {
        assert_eq!(says(text), expected, "{text}");
    }
}

#[test]
fn a_sign_is_seen_before_the_mark_is_known() {
    assert_eq!(is_negative("-1,234"), Some(true));
    assert_eq!(is_negative("(0,01)"), Some(true));
    assert_eq!(is_negative("1.234"), Some(false));
    assert_eq!(is_negative("-0,00"), None);
    assert_eq!(is_negative("none"), None);
}

#[test]
fn exponents_of_json_are_written_out_exactly() {
    for (json, plain) in [
        ("1e-7", "0.0000001"),
        ("-1.25e-2", "-0.0125"),
        ("12.5E+3", "12500"),
        ("1.2345e2", "123.45"),
        ("12345e-2", "123.45"),
        ("0e5", "0"),
        ("5e0", "5"),
        ("1.5e0", "1.5"),
        ("10e-1", "1.0"),
        ("298.58", "298.58"),
    ] {
        assert_eq!(from_json(json), Ok(plain.to_owned()), "{json}");
    }
    assert!(from_json("1e29").is_err());
    assert!(from_json("1e99999999999").is_err());
    assert!(from_json("\"5\"").is_err());
    assert!(from_json("true").is_err());
}
