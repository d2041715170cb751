use books::statements::{FileFault, Format, Mapping};

use super::{file_fault, read_all, rows, sample};

fn csv_fault(file: impl AsRef<[u8]>) -> String {
    file_fault(Format::Csv, None, file)
}

fn mapping(toml: &str) -> Mapping {
    toml.parse().unwrap()
}

#[test]
fn the_order_of_day_and_month_is_never_guessed() {
    let file = |dates: [&str; 2]| {
        let [one, two] = dates;
        format!("Date,Type,Amount,Currency\n{one},Deposit,1,EUR\n{two},Deposit,1,EUR\n")
    };
    let days = |dates| {
        let rows = rows(Format::Csv, file(dates)).into_iter();
        rows.map(|row| row.trade_date.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        days(["03/04/2024", "13/04/2024"]),
        ["2024-04-03", "2024-04-13"]
    );
    assert_eq!(
        days(["03/04/2024", "04/13/2024"]),
        ["2024-03-04", "2024-04-13"]
    );
    assert_eq!(
        days(["05/05/2024", "2024-01-02"]),
        ["2024-05-05", "2024-01-02"]
    );
    assert_eq!(
        csv_fault(file(["05/05/2024", "03/04/2024"])),
        "line 3: `Date`: `03/04/2024` can be read with the day first or with the month first, and no date of \
         the column tells which: name the format in a mapping (date_format = \"DD/MM/YYYY\" or \"MM/DD/YYYY\")"
    );
    assert_eq!(
        csv_fault(file(["13/04/2024", "04/13/2024"])),
        "line 3: `Date`: `04/13/2024` has its month first, unlike `13/04/2024` on line 2"
    );
    let month_first = mapping("date_format = \"MM/DD/YYYY\"");
    let read = read_all(
        Format::Csv,
        Some(&month_first),
        file(["03/04/2024", "2024-03-04"]),
    )
    .unwrap();
    assert_eq!(
        read[0].as_ref().unwrap().trade_date,
        super::date("2024-03-04")
    );
    let fault = read[1].as_ref().unwrap_err().to_string();
    assert_eq!(
        fault,
        "line 3: `Date`: `2024-03-04` is not a date as MM/DD/YYYY"
    );
}

#[test]
fn the_decimal_mark_is_never_guessed() {
    let file = |amounts: [&str; 2]| {
        let [one, two] = amounts;
        format!(
            "Date;Type;Amount;Currency\n2024-01-02;Deposit;{one};EUR\n2024-01-03;Deposit;{two};EUR\n"
        )
    };
    let amounts = |amounts| {
        let rows = rows(Format::Csv, file(amounts)).into_iter();
        rows.map(|row| row.amount.unwrap().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(amounts(["1,234", "1,5"]), ["1.234", "1.5"]);
    assert_eq!(amounts(["1,234", "1.5"]), ["1234", "1.5"]);
    assert_eq!(amounts(["1.234", "1.234.567"]), ["1234", "1234567"]);
    assert_eq!(
        csv_fault(file(["12", "1,234"])),
        "line 3: `Amount`: `1,234` can be read with decimals or with separated thousands, and no number of \
         the column tells which: name the decimal mark in a mapping (decimal_mark = \".\" or \",\")"
    );
    assert_eq!(
        csv_fault(file(["1.5", "1,5"])),
        "line 3: `Amount`: `1,5` has a comma before its decimals, unlike `1.5` on line 2"
    );
    let comma = mapping("decimal_mark = \",\"");
    let read = read_all(Format::Csv, Some(&comma), file(["12", "1,234"])).unwrap();
    assert_eq!(read[1].as_ref().unwrap().amount, super::some("1.234"));
}

#[test]
fn signs_that_contradict_each_other_are_refused() {
    let header = "Date,Type,Symbol,Quantity,Amount,Currency,Fee\n";
    let bought = |amount, fee| format!("2024-01-02,Buy,X,1,{amount},EUR,{fee}\n");
    let fault = csv_fault(format!("{header}{}{}", bought("-5", "0"), bought("5", "0")));
    assert!(
        fault.starts_with("line 2: `Amount`: the signs of amounts are not clear: 5 on line 3"),
        "{fault}"
    );
    let fee = |amount| format!("2024-01-03,Fee,,,{amount},EUR,\n");
    let file = format!("{header}{}{}", bought("5", "0"), fee("-1"));
    let fault = csv_fault(&file);
    let expected =
        "line 3: `Amount`: the signs of amounts are not clear: 5 on line 2 and -1 on line 3";
    assert!(fault.starts_with(expected), "{fault}");
    let ignored = mapping("amount_sign = \"ignored\"");
    let read = read_all(Format::Csv, Some(&ignored), &file).unwrap();
    let amounts = read
        .into_iter()
        .map(|row| row.unwrap().amount.unwrap().to_string());
    assert_eq!(amounts.collect::<Vec<_>>(), ["-5", "-1"]);
    let fault = csv_fault(format!("{header}{}{}", fee("1"), fee("-1")));
    assert!(
        fault.contains("the signs of amounts are not clear: 1 on line 2"),
        "{fault}"
    );
    let fault = csv_fault(format!(
        "{header}{}{}",
        bought("-5", "1"),
        bought("-5", "-1")
    ));
    assert!(
        fault.starts_with("line 3: `Fee`: fees and taxes have both signs"),
        "{fault}"
    );
    let negative = mapping("cost_sign = \"negative\"");
    let file = format!("{header}{}{}", bought("-5", "-1"), bought("-5", "1"));
    let read = read_all(Format::Csv, Some(&negative), file).unwrap();
    assert_eq!(read[0].as_ref().unwrap().fee, super::number("1"));
    let fault = read[1].as_ref().unwrap_err().to_string();
    assert_eq!(
        fault,
        "line 3: `Fee`: 1 is paid back, not paid: give it a row of its own"
    );
}

#[test]
fn a_header_that_is_not_there_or_not_clear_is_told() {
    assert_eq!(csv_fault(""), "the file is empty");
    let none = csv_fault("1,2,3\n4,5,6\n");
    assert!(
        none.starts_with("no line among the first 20 names the columns of a CSV file"),
        "{none}"
    );
    assert_eq!(
        csv_fault("Title\nDate,Symbol,Price\n"),
        "line 2: the header has no column for the type, the currency, an amount or a quantity; it names \
         `Date`, `Symbol`, `Price`. A mapping can say which column is meant, or what holds for every row"
    );
    let twice = csv_fault("Date,Type,Amount,amount,Currency\n");
    assert!(
        twice.starts_with("the column `Amount` stands in the header 2 times"),
        "{twice}"
    );
    let fees = csv_fault("Date,Type,Amount,Currency,Commission,Fees\n");
    assert_eq!(
        fees,
        "`Fees` and `Commission` are both a fee: say in a mapping which one counts, or that both do \
         (columns.fee = [\"Fees\", \"Commission\"])"
    );
    let wrong = mapping("[columns]\ndate = \"Datte\"");
    let fault = file_fault(Format::Csv, Some(&wrong), "Date,Type,Amount,Currency\n");
    assert_eq!(
        fault,
        "the mapping does not fit: it names the column `Datte`, which the header does not have (did you mean \
         `Date`?)"
    );
}

#[test]
fn a_line_of_very_many_columns_is_no_header() {
    let fault = csv_fault("Date,Type,Amount,Currency,".repeat(200));
    assert!(fault.starts_with("no line among the first 20"), "{fault}");
}

#[test]
fn text_in_another_encoding_is_refused_until_a_mapping_names_it() {
    let latin = "Datum;Typ;Wert;Buchungswährung;Gebühren\n2024-01-02;Einlage;5,00;EUR;\n"
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect::<Vec<u8>>();
    let fault = file_fault(Format::PortfolioPerformance, None, &latin);
    assert!(
        fault.starts_with("line 1: the text is not UTF-8"),
        "{fault}"
    );
    let named = mapping("encoding = \"windows-1252\"");
    let read = read_all(Format::PortfolioPerformance, Some(&named), &latin).unwrap();
    assert_eq!(read[0].as_ref().unwrap().amount, super::some("5"));
}

#[test]
fn utf_16_is_read_by_its_byte_order_mark() {
    let text =
        "\u{feff}Date\tType\tAmount\tCurrency\tNote\n2024-01-02\tDeposit\t5\tEUR\tGrüße 🤓\n";
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let file: Vec<u8> = text.encode_utf16().flat_map(to_bytes).collect();
        assert_eq!(
            rows(Format::Csv, &file)[0].narration.as_deref(),
            Some("Grüße 🤓")
        );
        let without_mark = csv_fault(&file[2..]);
        assert!(
            without_mark.contains("UTF-16 without a byte order mark"),
            "{without_mark}"
        );
    }
}

#[test]
fn other_kinds_of_files_are_named() {
    for (file, seems) in [
        (b"PK\x03\x04rest".as_slice(), "a spreadsheet or an archive"),
        (b"%PDF-1.7", "a PDF"),
        (b"<html>", "XML or HTML"),
        (b"\x1f\x8b\x08", "a compressed file"),
    ] {
        for format in Format::ALL {
            let fault = file_fault(format, None, file);
            assert!(fault.starts_with(&format!("this is {seems}")), "{fault}");
        }
    }
}

#[test]
fn json_that_is_no_export_is_refused() {
    for (file, expected) in [
        ("[]", "line 1: the file is not a JSON object"),
        ("{\"activities\": []}", "line 1: there are no activities"),
        (
            "{\n\"accounts\": [1, 2}",
            "line 2: the file ends within its object",
        ),
        (
            "{\"assetProfiles\": [{}], \"activities\": [{}]}",
            "line 1: missing field `symbol`",
        ),
    ] {
        let fault = file_fault(Format::GhostfolioJson, None, file);
        assert!(fault.starts_with(expected), "{fault}");
    }
}

#[test]
fn formats_of_one_notation_take_no_mapping() {
    for format in [Format::GhostfolioJson, Format::InteractiveBrokersFlex] {
        let fault =
            read_all(format, Some(&Mapping::default()), sample("ghostfolio.json")).unwrap_err();
        assert!(matches!(fault, FileFault::Mapping { .. }), "{fault}");
    }
}

#[test]
fn a_mapping_that_would_change_nothing_is_refused() {
    let mapping = mapping("amount_sign = \"cash\"");
    let file = sample("wealthfolio.csv");
    let fault = file_fault(Format::Wealthfolio, Some(&mapping), file);
    assert!(
        fault.contains("amount_sign and amount_is are for the format csv"),
        "{fault}"
    );
}

#[test]
fn formats_are_known_by_their_names() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!(
        "wealthfolo".parse::<Format>().unwrap_err().to_string(),
        "`wealthfolo` is no format (did you mean `wealthfolio`?); the formats are csv, ghostfolio, \
         ghostfolio_csv, portfolio_performance, wealthfolio, interactive_brokers_flex"
    );
}
