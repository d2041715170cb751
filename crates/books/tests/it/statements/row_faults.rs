use books::statements::{Format, Mapping, RowFault};
use entity::values::TransactionKind as Kind;

use super::{read_all, rows, rows_and_faults};

#[test]
fn every_fault_of_a_row_is_told_with_its_line_and_column_and_reading_goes_on() {
    let file = "Date,Type,Symbol,ISIN,Quantity,Price,Amount,Currency,Fee,Split ratio,Id,Note\n\
        2024-01-02,Buy,X,,1,10,-10,EUR,0,,a,\n\
        2024-02-30,Byu,X,,1,10,-10,EUR,0,,b,\n\
        24-01-02,Buy,X,,one,10,-10,EUR,0,,c,\n\
        2024-01-02,Buy,X,US0378331006,1,-10,-10,GBp,0,,d,\n\
        2024-01-02,Buy,,,,,,EUR,0,,e,\n\
        ,Sell,X,,1,10,10,,0,,f,\n\
        2024-01-02,Buy,X,,1,10,-10\n\
        \n\
        ,,,,,,,,,,,\n\
        2024-01-02,Split,X,,,,,EUR,,three,h,\n\
        2024-01-02,Split,X,,,,,EUR,,0:1,i,\n\
        2024-01-02,Deposit,,,,,,EUR,,,j,\n\
        2024-01-02,Deposit,,,,,-5,EUR,,,k,\n\
        2024-01-02,Dividend,,,,,5,EUR,,,l,\n\
        2024-01-02,Spin-off,X,,1,,,EUR,,,m,\n\
        2024-01-02,Buy,X,,12345678901234567890123456789,10,-10,EUR,0,,n,\n\
        2024-01-02,Buy,X,,1,10,-10,EUR,0,,o,a\0b\n\
        2024-01-02,Sell,X,,1,10,10,EUR,0,,p,\n";
    let (read, faults) = rows_and_faults(Format::Csv, file);
    assert_eq!(read.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 19]);
    let expected = [
        "line 3: `Type`: the type `Byu` is not known (did you mean `buy`?)",
        "line 4: `Quantity`: `one` is not a number with `.` before its decimals",
        "line 4: `Date`: `24-01-02` is not a date such as 2024-12-31, with all four digits of the year",
        "line 5: `Currency`: `GBp` is not a currency of ISO 4217, such as USD; amounts in pence or cents must \
         be written in the currency itself, a hundredth",
        "line 5: `ISIN`: `US0378331006` is not an ISIN",
        "line 5: `Price`: the price -10 is negative",
        "line 6: `Symbol`: a buy needs a security: a symbol, an ISIN or a name",
        "line 6: `Quantity`: a buy needs a quantity",
        "line 6: `Price`: a buy needs a price or an amount",
        "line 7: `Currency`: the row has no currency",
        "line 7: `Date`: the row has no date",
        "line 8: the row has 7 fields, the header has 12",
        "line 11: `Split ratio`: `three` is not new units for old ones, such as 3:1",
        "line 12: `Split ratio`: a split needs new units for old ones, such as 3:1, both greater than zero",
        "line 13: `Amount`: a deposit needs an amount",
        "line 14: `Amount`: a deposit of -5 goes the wrong way: if it takes another one back, leave out both",
        "line 15: `Symbol`: a dividend needs a security: a symbol, an ISIN or a name",
        "line 16: `Type`: a spin-off needs the security that it comes from and its share of the cost, which \
         the file does not say: record it by hand",
        "line 17: `Quantity`: `12345678901234567890123456789` has more than 28 digits",
        "line 18: `Note`: it holds the character U+0000, which cannot be stored",
    ];
    for (fault, expected) in faults.iter().zip(expected) {
        assert_eq!(fault, expected);
    }
    assert_eq!(faults.len(), expected.len());
}

#[test]
fn a_fault_names_line_and_column_apart() {
    let file = "Date;Type;Amount;Currency\n2024-01-02;Fee;x;EUR\n";
    let read = read_all(Format::Csv, None, file).unwrap();
    let [Err(fault)] = read.as_slice() else {
        panic!("{read:?}")
    };
    let RowFault { line, column, .. } = fault;
    assert_eq!((*line, column.as_deref()), (2, Some("Amount")));
}

#[test]
fn an_amount_without_its_fee_is_refused_unless_a_mapping_says_so() {
    let file = "Date,Type,Symbol,Quantity,Price,Amount,Currency,Fee\n\
        2024-01-02,Buy,X,2,50,-100,EUR,5\n\
        2024-01-03,Sell,X,2,60,120,EUR,5\n";
    let (read, faults) = rows_and_faults(Format::Csv, file);
    assert!(read.is_empty() && faults.len() == 2, "{faults:?}");
    assert!(
        faults[0].starts_with("line 2: `Amount`: the amount is quantity times price"),
        "{faults:?}"
    );

    let mapping: Mapping = "amount_is = \"gross\"".parse().unwrap();
    let read = read_all(Format::Csv, Some(&mapping), file).unwrap();
    let amounts: Vec<String> = read
        .into_iter()
        .map(|row| row.unwrap().amount.unwrap().to_string())
        .collect();
    assert_eq!(amounts, ["-105", "115"]);
}

#[test]
fn a_purchase_that_brings_cash_is_refused() {
    let mapping: Mapping = "amount_sign = \"cash\"".parse().unwrap();
    let file = "Date,Type,Symbol,Quantity,Amount,Currency\n\
        2024-01-02,Buy,X,2,-100,EUR\n2024-01-03,Buy,X,2,100,EUR\n";
    let read = read_all(Format::Csv, Some(&mapping), file).unwrap();
    let [Ok(_), Err(fault)] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert!(
        fault.detail.starts_with("a purchase that brings cash"),
        "{fault}"
    );
}

#[test]
fn rows_that_take_others_back_are_refused() {
    let file = "Date,Type,Symbol,Quantity,Price,Amount,Currency,Fee\n\
        2024-01-01,Buy,X,2,50,-100,EUR,0\n\
        2024-01-02,Buy,X,-2,50,,EUR,0\n\
        2024-01-03,Sell,X,2,50,-100,EUR,0\n\
        2024-01-04,Sell,X,-2,1,-3,EUR,5\n\
        2024-01-05,Transfer in,X,-2,1,,EUR,0\n";
    let (read, faults) = rows_and_faults(Format::Csv, file);
    assert_eq!(read.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
    let cancelled = "if it was cancelled, leave out this row and the one that it cancels";
    let expected = [
        format!("line 3: `Quantity`: a buy of less than nothing: {cancelled}"),
        format!("line 4: `Amount`: a sale that costs cash: {cancelled}"),
        format!("line 6: `Quantity`: a transfer_in of less than nothing: {cancelled}"),
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_cost_in_another_currency_is_refused_until_a_mapping_leaves_it_out() {
    let file = "Action,Time,Ticker,No. of shares,Price / share,Currency (Price / share),Total,Currency (Total),\
        Withholding tax,Currency (Withholding tax)\n\
        Market buy,2024-01-02 10:00:00,AAPL,2,185.50,USD,-292.10,GBP,,\n\
        Market buy,2024-01-03 10:00:00,BP,2,480.5,GBX,-9.61,GBP,0.00,GBP\n\
        Dividend (Ordinary),2024-02-02 10:00:00,AAPL,2,0.24,USD,0.32,GBP,0.07,USD\n";
    let (read, faults) = rows_and_faults(Format::Csv, file);
    let [apple, bp] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((apple.price, apple.amount), (None, super::some("-292.1")));
    let security = |row: &books::statements::Row| row.security.clone().unwrap().currency;
    assert_eq!((security(apple), security(bp)), (super::text("USD"), None));
    let [tax] = faults.as_slice() else {
        panic!("{faults:?}")
    };
    let begins = "line 4: `Withholding tax`: 0.07 USD is in another currency than the row's GBP";
    assert!(tax.starts_with(begins), "{tax}");

    let mapping: Mapping = "[columns]\ntax = []".parse().unwrap();
    let read = read_all(Format::Csv, Some(&mapping), file).unwrap();
    assert_eq!(read[2].as_ref().unwrap().amount, super::some("0.32"));
}

#[test]
fn a_row_without_an_end_is_the_last_thing_that_is_told() {
    let mut file =
        "Date,Type,Amount,Currency\n2024-01-02,Deposit,5,EUR\n2024-01-02,\"Deposit".to_owned();
    file.push_str(&",5,EUR\n2024-01-02,Deposit".repeat(20_000));
    let (read, faults) = rows_and_faults(Format::Csv, file);
    assert_eq!(read.len(), 1);
    let [fault] = faults.as_slice() else {
        panic!("{faults:?}")
    };
    assert!(
        fault.starts_with("line 3: the row is longer than 64 KiB"),
        "{fault}"
    );
}

#[test]
fn what_a_mapping_declares_to_be_no_transaction_is_passed_over() {
    let mapping: Mapping = "[types]\nInfo = \"ignore\"\nBack = \"fee_refund\""
        .parse()
        .unwrap();
    let file = "Date,Type,Amount,Currency\n2024-01-02,INFO,n.a.,\n2024-01-03,back,3,EUR\n";
    let read = read_all(Format::Csv, Some(&mapping), file).unwrap();
    let [Ok(refund)] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((refund.kind, refund.amount), (Kind::Fee, super::some("3")));
}

#[test]
fn empty_fields_behind_the_header_do_no_harm() {
    let file = "Date,Type,Amount,Currency\n2024-01-02,Deposit,5,EUR,,\n";
    assert_eq!(rows(Format::Csv, file).len(), 1);
}
