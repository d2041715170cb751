use books::statements::{Format, Row, SecurityName};
use entity::values::{SecurityKind, TransactionKind as Kind};

use super::{
    assert_rows, date, day, file_fault, number, row, rows, rows_and_faults, sample, security, some,
    text,
};

fn apple() -> SecurityName {
    SecurityName {
        isin: text("US0378331005"),
        kind: Some(SecurityKind::Equity),
        currency: text("USD"),
        ..security("AAPL")
    }
}

#[test]
fn trades_of_a_query_with_marked_lines_are_read() {
    let (read, faults) = rows_and_faults(Format::InteractiveBrokersFlex, sample("flex_marked.csv"));
    let expected = [
        Row {
            settle_date: day("2024-01-17"),
            security: Some(SecurityName {
                name: text("APPLE INC"),
                ..apple()
            }),
            quantity: number("10"),
            price: some("185.5"),
            amount: some("-1856"),
            fee: number("1"),
            fx_rate: some("0.92"),
            external_id: text("9001"),
            ..row(6, Kind::Buy, "2024-01-15", "USD")
        },
        Row {
            settle_date: day("2024-03-06"),
            security: Some(SecurityName {
                name: text("A FUND"),
                kind: Some(SecurityKind::Etf),
                currency: text("USD"),
                ..security("BRK B")
            }),
            quantity: number("4"),
            price: some("50"),
            amount: some("199.95"),
            tax: number("0.2"),
            fx_rate: some("0.93"),
            external_id: text("9002"),
            ..row(7, Kind::Sell, "2024-03-04", "USD")
        },
    ];
    assert_rows(&read[..2], &expected);
    let [exchange, action] = faults.as_slice() else {
        panic!("{faults:?}")
    };
    let begins = "line 8: `AssetClass`: an exchange of currencies";
    assert!(exchange.starts_with(begins), "{exchange}");
    let begins = "line 22: corporate actions and transfers are not read";
    assert!(action.starts_with(begins), "{action}");
}

#[test]
fn cash_of_a_query_with_marked_lines_is_read() {
    let (read, _) = rows_and_faults(Format::InteractiveBrokersFlex, sample("flex_marked.csv"));
    let of_apple = |row: Row| Row {
        ex_date: day("2024-02-09"),
        security: Some(apple()),
        ..row
    };
    let cash = |line, kind, settled: &str, currency, amount, note, id| Row {
        settle_date: day(settled),
        amount: some(amount),
        fx_rate: some(if currency == "EUR" { "1" } else { "0.93" }),
        narration: text(note),
        external_id: text(id),
        ..row(line, kind, settled, currency)
    };
    let dividend = "AAPL CASH DIVIDEND USD 0.24";
    let tax = "AAPL CASH DIVIDEND - US TAX";
    let interest = "USD DEBIT INT FOR MAY-2024";
    let expected = [
        of_apple(Row {
            trade_date: date("2024-02-14"),
            pay_date: day("2024-02-15"),
            ..cash(
                12,
                Kind::Dividend,
                "2024-02-15",
                "USD",
                "2.4",
                dividend,
                "9101",
            )
        }),
        of_apple(Row {
            trade_date: date("2024-02-14"),
            ..cash(13, Kind::Tax, "2024-02-15", "USD", "-0.36", tax, "9102")
        }),
        cash(
            14,
            Kind::Deposit,
            "2024-01-02",
            "EUR",
            "5000",
            "CASH RECEIPTS",
            "9103",
        ),
        cash(
            15,
            Kind::Withdrawal,
            "2024-06-01",
            "EUR",
            "-250",
            "DISBURSEMENT",
            "9104",
        ),
        cash(
            16,
            Kind::Interest,
            "2024-06-05",
            "USD",
            "-0.42",
            interest,
            "9105",
        ),
        cash(
            17,
            Kind::Fee,
            "2024-06-06",
            "USD",
            "-4.5",
            "MARKET DATA",
            "9106",
        ),
    ];
    assert_rows(&read[2..], &expected);
}

#[test]
fn a_query_whose_headers_just_follow_is_read() {
    let expected = [
        Row {
            security: Some(SecurityName {
                name: text("MICROSOFT CORP"),
                kind: Some(SecurityKind::Equity),
                currency: text("USD"),
                ..security("MSFT")
            }),
            quantity: number("3"),
            price: some("410.5"),
            fee: number("1.25"),
            external_id: text("exec-1"),
            ..row(3, Kind::Buy, "2024-05-01", "USD")
        },
        Row {
            amount: some("3.21"),
            narration: text("USD CREDIT INT FOR MAY-2024"),
            ..row(5, Kind::Interest, "2024-06-03", "USD")
        },
    ];
    assert_rows(
        &rows(Format::InteractiveBrokersFlex, sample("flex_plain.csv")),
        &expected,
    );
}

#[test]
fn what_a_query_lacks_is_named() {
    let fault = |file: &str| file_fault(Format::InteractiveBrokersFlex, None, file);
    let trades = "\"ClientAccountID\",\"Symbol\",\"Buy/Sell\",\"TradePrice\",\"Quantity\"\n";
    assert_eq!(
        fault(trades),
        "line 1: the section Trades lacks TradeDate, IBCommission, CurrencyPrimary: add the field to the query"
    );
    assert!(
        fault("\"ClientAccountID\",\"Quantity\"\n\"U1\",\"1\"\n")
            .contains("no section of the file")
    );
    assert!(fault("<FlexQueryResponse>").contains("this is XML or HTML"));
    let ambiguous =
        "ClientAccountID,CurrencyPrimary,Type,Amount,Date/Time\nU1,USD,Other Fees,-1,03/04/2024\n";
    assert!(fault(ambiguous).starts_with("line 2: `Date/Time`: `03/04/2024` can be read"));
}

#[test]
fn orders_count_where_there_are_no_executions() {
    let header = "ClientAccountID,CurrencyPrimary,AssetClass,Symbol,TradeDate,Quantity,TradePrice,\
        IBCommission,Buy/Sell,LevelOfDetail\n";
    let order = "U1,USD,STK,X,20240102,3,10,-1,BUY,ORDER\n";
    let execution = "U1,USD,STK,X,20240102,1,10,-0.5,BUY,EXECUTION\n";
    let summary = "U1,USD,STK,X,20240102,3,10,-1,BUY,SYMBOL_SUMMARY\n";
    let quantities = |file: String| {
        let read = rows(Format::InteractiveBrokersFlex, file);
        read.into_iter().map(|row| row.quantity).collect::<Vec<_>>()
    };
    assert_eq!(
        quantities(format!("{header}{summary}{order}")),
        [number("3")]
    );
    let both = format!("{header}{order}{execution}{execution}");
    assert_eq!(quantities(both), [number("1"), number("1")]);
}
