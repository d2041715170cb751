use books::statements::{Format, Row, SecurityName};
use entity::values::TransactionKind as Kind;

use super::{assert_rows, day, number, row, rows, sample, security, some, text};

#[test]
fn an_accounts_transactions_are_read() {
    let apple = || {
        Some(SecurityName {
            isin: text("US0378331005"),
            name: text("Apple Inc."),
            currency: text("USD"),
            ..security("AAPL")
        })
    };
    let amount = |line, kind, day, amount| Row {
        amount: some(amount),
        ..row(line, kind, day, "EUR")
    };
    let expected = [
        amount(2, Kind::Deposit, "2024-01-02", "10000"),
        Row {
            security: apple(),
            quantity: number("10"),
            fee: number("4.9"),
            narration: text("first"),
            ..amount(3, Kind::Buy, "2024-01-15", "-1709.9")
        },
        Row {
            ex_date: day("2024-02-07"),
            security: apple(),
            tax: number("0.33"),
            ..amount(4, Kind::Dividend, "2024-02-09", "1.9")
        },
        Row {
            security: Some(SecurityName {
                isin: text("DE0007164600"),
                name: text("SAP SE"),
                ..security("DE0007164600")
            }),
            // The amounts of the same file say that a comma separates thousands.
            quantity: number("1234"),
            fee: number("5.9"),
            ..amount(5, Kind::Sell, "2024-03-01", "1004.1")
        },
        amount(6, Kind::Interest, "2024-03-02", "-0.75"),
        amount(7, Kind::Tax, "2024-03-03", "3"),
        Row {
            narration: text("custody"),
            ..amount(8, Kind::Fee, "2024-03-04", "-2")
        },
        amount(9, Kind::TransferOut, "2024-03-05", "-500"),
        amount(10, Kind::Withdrawal, "2024-03-06", "-100"),
    ];
    let read = rows(
        Format::PortfolioPerformance,
        sample("portfolio_performance_account.csv"),
    );
    assert_rows(&read, &expected);
}

#[test]
fn the_type_says_the_direction_even_of_a_single_row() {
    for (kind, value, expected) in [
        ("Interest Charge", "-0.75", "-0.75"),
        ("Tax Refund", "3.00", "3"),
        ("Taxes", "-3.00", "-3"),
        ("Zinsbelastung", "0,75", "-0.75"),
    ] {
        let file = format!("Date;Type;Value;Transaction Currency\n2024-01-02;{kind};{value};EUR\n");
        let read = rows(Format::PortfolioPerformance, file);
        assert_eq!(read[0].amount, some(expected), "{kind}");
    }
}

#[test]
fn a_securities_accounts_transactions_are_read_with_their_contrary_signs() {
    let sap = || {
        Some(SecurityName {
            isin: text("DE0007164600"),
            name: text("SAP SE"),
            ..security("SAP.DE")
        })
    };
    let fund = || {
        Some(SecurityName {
            name: text("Weltfonds"),
            ..security("A1XB5U")
        })
    };
    let expected = [
        Row {
            security: sap(),
            quantity: number("12"),
            amount: some("-1630.9"),
            fee: number("4.9"),
            ..row(2, Kind::Buy, "2024-01-15", "EUR")
        },
        Row {
            security: fund(),
            quantity: number("20"),
            price: some("125.25"),
            amount: some("0"),
            ..row(3, Kind::TransferIn, "2024-02-01", "EUR")
        },
        Row {
            security: sap(),
            quantity: number("2.5"),
            amount: some("411.1"),
            fee: number("4.9"),
            ..row(4, Kind::Sell, "2024-05-31", "EUR")
        },
        Row {
            security: fund(),
            quantity: number("10"),
            price: some("125"),
            amount: some("0"),
            ..row(5, Kind::TransferOut, "2024-06-01", "EUR")
        },
    ];
    let read = rows(
        Format::PortfolioPerformance,
        sample("portfolio_performance_depot.csv"),
    );
    assert_rows(&read, &expected);
}
