use books::statements::{Format, Row, SecurityName};
use entity::values::{SecurityKind, TransactionKind as Kind};

use super::{assert_rows, number, row, rows_and_faults, sample, security, some, text};

#[test]
fn an_export_is_read_with_every_digit_and_the_names_of_its_own_assets() {
    let (read, faults) = rows_and_faults(Format::GhostfolioJson, sample("ghostfolio.json"));
    let expected = [
        Row {
            security: Some(security("AAPL")),
            quantity: number("10"),
            price: some("185.5"),
            fee: number("4.95"),
            narration: text("first"),
            external_id: text("g-1"),
            ..row(7, Kind::Buy, "2024-01-15", "USD")
        },
        Row {
            security: Some(security("AAPL")),
            quantity: number("2.5"),
            price: some("192"),
            fee: number("1"),
            external_id: text("g-2"),
            ..row(8, Kind::Sell, "2024-02-15", "USD")
        },
        Row {
            security: Some(security("AAPL")),
            amount: some("1.7"),
            fee: number("0.1"),
            external_id: text("g-3"),
            ..row(9, Kind::Dividend, "2024-02-16", "USD")
        },
        Row {
            amount: some("-49"),
            narration: text("Account Opening Fee"),
            external_id: text("g-4"),
            ..row(10, Kind::Fee, "2024-03-01", "USD")
        },
        Row {
            amount: some("12.5"),
            narration: text("Savings interest"),
            external_id: text("g-5"),
            ..row(14, Kind::Interest, "2024-04-01", "USD")
        },
        Row {
            security: Some(security("bitcoin")),
            quantity: number("0.0000001"),
            price: some("61000.000000000001"),
            external_id: text("g-6"),
            ..row(15, Kind::Buy, "2024-05-01", "USD")
        },
        Row {
            security: Some(SecurityName {
                isin: text("US0378331005"),
                name: text("Cabin"),
                kind: Some(SecurityKind::Fund),
                currency: text("CHF"),
                ..security("7e91b7d4-1430-4212-8380-289a06c9bbc1")
            }),
            quantity: number("1"),
            price: some("500000"),
            external_id: text("g-7"),
            ..row(16, Kind::Buy, "2024-05-02", "USD")
        },
    ];
    assert_rows(&read, &expected);
    assert_eq!(
        faults,
        [
            "line 17: `type`: a LIABILITY is a debt, which a portfolio here cannot hold: leave the activity out"
        ]
    );
}

#[test]
fn its_import_table_has_days_before_months_in_every_row() {
    let (read, faults) = rows_and_faults(Format::GhostfolioCsv, sample("ghostfolio.csv"));
    let expected = [
        Row {
            amount: some("-49"),
            narration: text("Account Opening Fee"),
            ..row(2, Kind::Fee, "2021-09-01", "USD")
        },
        Row {
            security: Some(security("MSFT")),
            quantity: number("5"),
            price: some("298.58"),
            fee: number("19"),
            narration: text("My first order"),
            ..row(3, Kind::Buy, "2021-10-03", "USD")
        },
        Row {
            security: Some(security("MSFT")),
            amount: some("3.1"),
            ..row(4, Kind::Dividend, "2021-11-17", "USD")
        },
        Row {
            security: Some(SecurityName {
                isin: text("US5949181045"),
                ..security("US5949181045")
            }),
            quantity: number("2"),
            price: some("330"),
            fee: number("1"),
            ..row(5, Kind::Sell, "2021-12-01", "USD")
        },
    ];
    assert_rows(&read, &expected);
    let [item] = faults.as_slice() else {
        panic!("{faults:?}")
    };
    assert!(
        item.starts_with("line 6: `Action`: an ITEM is a possession"),
        "{item}"
    );
}

#[test]
fn activities_of_another_shape_are_told_by_line_and_key() {
    let file = r#"{"activities": [
        {"type": "BUY", "symbol": "X", "quantity": "5", "unitPrice": 1, "fee": 0, "currency": "EUR", "date": "2024-01-02"},
        {"type": "BUY", "symbol": "X", "quantity": -0.0, "unitPrice": -1, "fee": 0, "currency": "EUR", "date": "2024-13-02"},
        {"type": "GIFT", "symbol": "X", "quantity": 1, "unitPrice": 1, "fee": -2, "currency": "XXY", "date": 3},
        {"type": "SELL", "symbol": "X", "quantity": 12345678901234567890.123456789, "unitPrice": 1e99, "fee": 0, "currency": "EUR", "date": "2024-01-02"},
        7,
        {"type": "BUY", "type": "SELL"},
        {"type": "BUY", "symbol": "X", "quantity": 1, "unitPrice": 1, "fee": 0, "currency": "EUR", "date": "2024-01-02"},
        {"type": "BUY", "symbol": "X
    "#;
    let (read, faults) = rows_and_faults(Format::GhostfolioJson, file);
    assert_eq!(read.iter().map(|row| row.line).collect::<Vec<_>>(), [8]);
    let expected = [
        "line 2: `quantity`: `\"5\"` is not a number",
        "line 3: `unitPrice`: the price -1 is negative",
        "line 3: `date`: there is no day `2024-13-02`",
        "line 4: `date`: a text in quotes was expected",
        "line 4: `type`: the type `GIFT` is not known",
        "line 5: `unitPrice`: `1e99` has more than 28 digits",
        "line 5: `quantity`: `12345678901234567890.123456789` has more than 28 digits",
        "line 6: this is not an activity: invalid type: integer `7`, expected struct Activity",
        "line 7: this is not an activity: duplicate field `type`",
        "line 10: the file ends within a text",
    ];
    for expected in expected {
        assert!(
            faults.iter().any(|fault| fault.starts_with(expected)),
            "{expected}: {faults:#?}"
        );
    }
}
