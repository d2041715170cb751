use books::statements::{Format, Row, SecurityName};
use entity::values::{SecurityKind, TransactionKind as Kind};

use super::{assert_rows, number, row, rows_and_faults, sample, security, some, text};

#[test]
fn activities_are_read() {
    let share = |symbol| {
        Some(SecurityName {
            kind: Some(SecurityKind::Equity),
            ..security(symbol)
        })
    };
    let (read, faults) = rows_and_faults(Format::Wealthfolio, sample("wealthfolio.csv"));
    let expected = [
        Row {
            security: share("MSFT"),
            quantity: number("10"),
            price: some("380.5"),
            fee: number("4.95"),
            narration: text("first"),
            ..row(2, Kind::Buy, "2024-01-15", "USD")
        },
        Row {
            security: share("MSFT"),
            amount: some("7"),
            fee: number("0.5"),
            ..row(3, Kind::Dividend, "2024-02-01", "USD")
        },
        Row {
            amount: some("1000"),
            ..row(4, Kind::Deposit, "2024-02-15", "USD")
        },
        Row {
            amount: some("-601.03"),
            fee: number("1"),
            ..row(5, Kind::Withdrawal, "2024-02-16", "USD")
        },
        Row {
            security: share("MSFT"),
            quantity: number("4"),
            price: some("400"),
            fee: number("4.95"),
            ..row(6, Kind::Sell, "2024-03-01", "USD")
        },
        Row {
            amount: some("-25"),
            narration: text("advice"),
            ..row(7, Kind::Fee, "2024-04-15", "USD")
        },
        Row {
            security: share("GOOGL"),
            quantity: number("2"),
            price: some("140"),
            amount: some("0"),
            ..row(8, Kind::TransferIn, "2024-05-01", "USD")
        },
        Row {
            security: share("NVDA"),
            amount: some("0"),
            ratio: Some((number("3"), number("1"))),
            ..row(9, Kind::Split, "2024-05-15", "")
        },
        Row {
            amount: some("-150"),
            ..row(10, Kind::Tax, "2024-06-01", "USD")
        },
    ];
    assert_rows(&read, &expected);
    let [credit, reinvested] = faults.as_slice() else {
        panic!("{faults:?}")
    };
    assert!(
        credit.starts_with("line 11: `activityType`: a CREDIT"),
        "{credit}"
    );
    assert!(
        reinvested.starts_with("line 12: `subtype`: a reinvested dividend"),
        "{reinvested}"
    );
}

#[test]
fn its_newer_names_of_columns_are_read_alike() {
    let file = "date,type,symbol,instrumentType,quantity,unit_price,currency,fee,amount,comment\n\
        06/27/2025,SELL,AAPL,ETF,25,$48.95,USD,,\"$1,223.75\",all\n";
    let (read, faults) = rows_and_faults(Format::Wealthfolio, file);
    assert_eq!(faults, [""; 0]);
    let expected = Row {
        security: Some(SecurityName {
            kind: Some(SecurityKind::Etf),
            ..security("AAPL")
        }),
        quantity: number("25"),
        price: some("48.95"),
        narration: text("all"),
        ..row(2, Kind::Sell, "2025-06-27", "USD")
    };
    assert_rows(&read, &[expected]);
}
