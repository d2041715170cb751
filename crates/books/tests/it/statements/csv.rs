use books::statements::{Format, Mapping, Row, SecurityName};
use entity::values::TransactionKind as Kind;

use super::{assert_rows, day, number, read_all, row, rows, sample, security, some, text};

#[test]
fn a_brokers_table_is_read_below_its_title_in_german_notation() {
    let sap = || {
        Some(SecurityName {
            isin: text("DE0007164600"),
            name: text("SAP SE"),
            ..security("DE0007164600")
        })
    };
    let expected = [
        Row {
            amount: some("10000"),
            external_id: text("R-1"),
            ..row(5, Kind::Deposit, "2024-01-02", "EUR")
        },
        Row {
            settle_date: day("2024-01-17"),
            security: sap(),
            quantity: number("12"),
            price: some("135.5"),
            amount: some("-1630.9"),
            fee: number("4.9"),
            narration: text("erste Tranche"),
            external_id: text("R-2"),
            ..row(6, Kind::Buy, "2024-01-15", "EUR")
        },
        Row {
            settle_date: day("2024-05-06"),
            security: sap(),
            amount: some("19.44"),
            tax: number("6.96"),
            external_id: text("R-3"),
            ..row(7, Kind::Dividend, "2024-05-03", "EUR")
        },
        Row {
            settle_date: day("2024-06-04"),
            security: sap(),
            quantity: number("2.5"),
            price: some("166.4"),
            amount: some("411.1"),
            fee: number("4.9"),
            external_id: text("R-4"),
            ..row(8, Kind::Sell, "2024-05-31", "EUR")
        },
        Row {
            amount: some("-1.25"),
            external_id: text("R-5"),
            ..row(9, Kind::Interest, "2024-06-28", "EUR")
        },
        Row {
            amount: some("-5"),
            narration: text("Depot\ngebühr"),
            external_id: text("R-6"),
            ..row(10, Kind::Fee, "2024-06-30", "EUR")
        },
    ];
    assert_rows(&rows(Format::Csv, sample("broker.csv")), &expected);
}

#[test]
fn a_brokers_table_is_read_in_american_notation() {
    let expected = [
        Row {
            amount: some("25000"),
            narration: text("Wire"),
            ..row(2, Kind::Deposit, "2024-01-02", "USD")
        },
        Row {
            security: Some(security("AAPL")),
            quantity: number("10"),
            price: some("185.5"),
            amount: some("-1855"),
            ..row(3, Kind::Buy, "2024-01-16", "USD")
        },
        Row {
            security: Some(security("AAPL")),
            quantity: number("4"),
            price: some("192"),
            amount: some("768"),
            ..row(4, Kind::Sell, "2024-02-15", "USD")
        },
        Row {
            security: Some(security("NVS")),
            amount: some("-12.34"),
            ..row(5, Kind::Tax, "2024-03-01", "USD")
        },
        Row {
            amount: some("-25"),
            narration: text("Wire fee"),
            ..row(6, Kind::Fee, "2024-03-02", "USD")
        },
        Row {
            security: Some(security("NVDA")),
            amount: some("0"),
            ratio: Some((number("10"), number("1"))),
            narration: text("10 for 1"),
            ..row(7, Kind::Split, "2024-06-10", "")
        },
        Row {
            security: Some(security("MSFT")),
            quantity: number("3"),
            price: some("400"),
            amount: some("0"),
            narration: text("from another broker"),
            ..row(8, Kind::TransferIn, "2024-06-11", "USD")
        },
        Row {
            security: Some(security("BIP")),
            amount: some("7.5"),
            ..row(9, Kind::ReturnOfCapital, "2024-06-12", "USD")
        },
        Row {
            amount: some("-100"),
            ..row(10, Kind::Withdrawal, "2024-06-13", "USD")
        },
    ];
    assert_rows(&rows(Format::Csv, sample("us_broker.csv")), &expected);
}

#[test]
fn a_mapping_names_the_columns_words_and_notation_of_a_file_like_no_other() {
    let mapping: Mapping = String::from_utf8(sample("mapping.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let read = read_all(Format::Csv, Some(&mapping), sample("mapped.csv")).unwrap();
    let read: Vec<Row> = read.into_iter().map(|row| row.unwrap()).collect();
    let bought = |line, day, quantity, price, amount, fee| Row {
        security: Some(security("VWCE")),
        quantity: number(quantity),
        price: some(price),
        amount: some(amount),
        fee: number(fee),
        ..row(line, Kind::Buy, day, "EUR")
    };
    let expected = [
        bought(2, "2024-02-01", "1.234", "100.1", "-123.5234", "0"),
        bought(3, "2024-03-01", "2", "101", "-203.5", "1.5"),
        Row {
            amount: some("-25"),
            ..row(5, Kind::Withdrawal, "2024-03-04", "EUR")
        },
    ];
    assert_rows(&read, &expected);
}

#[test]
fn the_sign_of_amounts_is_learned_from_purchases_and_sales() {
    let header = "Date,Type,Symbol,Quantity,Amount,Currency\n";
    let amounts = |bought: &str, sold: &str, interest: &str| {
        let file = format!(
            "{header}2024-01-02,Buy,X,1,{bought},EUR\n2024-01-03,Sell,X,1,{sold},EUR\n\
             2024-01-04,Interest,,,{interest},EUR\n2024-01-05,Fee,,,{bought},EUR\n"
        );
        let amounts = rows(Format::Csv, file)
            .into_iter()
            .map(|row| row.amount.unwrap().to_string());
        amounts.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(amounts("-10", "12", "-0.5"), "-10 12 -0.5 -10");
    assert_eq!(amounts("10", "12", "0.5"), "-10 12 0.5 -10");
    assert_eq!(amounts("10", "-12", "0.5"), "-10 12 -0.5 -10");
}

#[test]
fn what_is_charged_shows_the_signs_of_a_file_without_purchases() {
    let amounts = |charged: &str| {
        let file = format!(
            "Date,Type,Amount,Currency\n2024-01-02,Deposit,5,EUR\n2024-01-03,Interest charge,{charged},EUR\n"
        );
        rows(Format::Csv, file)[1].amount
    };
    assert_eq!(
        (amounts("-0.75"), amounts("0.75")),
        (some("-0.75"), some("-0.75"))
    );
}

#[test]
fn an_amount_that_is_not_there_follows_from_quantity_and_price() {
    let file = "Date;Type;Ticker;Shares;Price;Gross amount;Fees;Tax;Currency\n\
        2024-01-02;Buy;X;3;1.10;;0.20;;EUR\n\
        2024-01-03;Buy;X;3;;3.30;0.20;;EUR\n\
        2024-01-04;Sell;X;2;;3.00;0.20;0.10;EUR\n\
        2024-01-05;Dividend;X;1;0.50;;0.01;0.09;EUR\n";
    let amounts: Vec<_> = rows(Format::Csv, file)
        .into_iter()
        .map(|row| row.amount)
        .collect();
    assert_eq!(amounts, [None, some("-3.5"), some("2.7"), some("0.4")]);
}

#[test]
fn types_are_known_whatever_stands_between_their_words() {
    let file = "Date,Ticker,Type,Quantity,Price per share,Total Amount,Currency,FX Rate\n\
        2024-01-02T09:30:00.123456Z,,CASH TOP-UP,,,USD 500,USD,1.08\n\
        2024-01-03T09:30:00.123456Z,AAPL,BUY - MARKET,0.5,USD 185.50,USD 92.75,USD,1.08\n\
        2024-02-03T09:30:00.123456Z,AAPL,DIVIDEND,,,USD 0.12,USD,1.08\n\
        2024-02-04T09:30:00.123456Z,,CUSTODY FEE,,,USD 0.1,USD,1.08\n";
    let read = rows(Format::Csv, file);
    let amounts: Vec<_> = read.iter().map(|row| (row.kind, row.amount)).collect();
    let expected = [
        (Kind::Deposit, some("500")),
        (Kind::Buy, some("-92.75")),
        (Kind::Dividend, some("0.12")),
        (Kind::Fee, some("-0.1")),
    ];
    assert_eq!(amounts, expected);
    // An exchange rate that does not say of what in what is not read.
    assert!(read.iter().all(|row| row.fx_rate.is_none()));
}

#[test]
fn the_delimiter_is_the_one_for_which_the_header_names_columns() {
    for delimiter in [',', ';', '\t', '|'] {
        let file = "Trade Date#Buy/Sell#TICKER#No. of shares#Price per share#Ccy\r\n\
            \"2024-01-02\"#buy#\"A,B;C|D\"#1#2.5#EUR\r\n\r\n"
            .replace('#', &delimiter.to_string());
        let read = rows(Format::Csv, file);
        let [bought] = read.as_slice() else {
            panic!("{read:?}")
        };
        assert_eq!(bought.security, Some(security("A,B;C|D")));
        assert_eq!((bought.line, bought.price), (2, some("2.5")));
    }
}
