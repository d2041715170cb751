use entity::values::{Price, PriceAdjustment, Quantity};

use super::{gathered, missing, rows, wanted};

/// A folder with files, and settings in which `FOLDER` stands for it.
struct Files(tempfile::TempDir);

impl Files {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn settings(&self, text: &str) -> String {
        text.replace("FOLDER", self.0.path().to_str().unwrap())
    }
}

#[tokio::test]
async fn a_csv_file_gives_the_newest_row_up_to_the_day() {
    let files = Files::with(&[
        (
            "prices.csv",
            "\u{feff}date,symbol,close,currency,volume,high\n\
             2025-10-20,AAPL,262.24,USD,,\n\
             2025-10-21,AAPL,262.77,USD,46695900,265.29\n\
             2025-10-22,AAPL,999,USD,,\n\
             2025-10-21,NOBODY,1,USD,,\n",
        ),
        (
            "rates.csv",
            "base,quote,date,rate\nUSD,CAD,2025-10-21,1.4019\n",
        ),
    ]);
    let settings = files.settings(
        "[sources.files]\nkind = \"csv\"\npath = \"FOLDER/prices.csv\"\n\
         [sources.rates]\nkind = \"csv\"\nholds = \"rates\"\npath = \"FOLDER/rates.csv\"\n\
         [policies.P]\nprices = [\"files\"]\nfx = [\"rates\"]\n",
    );
    let made = gathered(&settings, &wanted(&["AAPL USD", "CAD/USD"]), "2025-10-21").await;
    assert_eq!(
        rows(&made),
        ["AAPL 262.77 USD files", "USD/CAD 1.4019 rates"]
    );
    let row = &made.content.prices[0];
    assert_eq!(row.volume, Some("46695900".parse::<Quantity>().unwrap()));
    assert_eq!(row.high, Some("265.29".parse::<Price>().unwrap()));
    assert_eq!(row.adjustment, PriceAdjustment::Raw);
    assert_eq!(made.report.sources["files"].prices, 1);
    assert!(made.report.carried.is_empty());
}

#[tokio::test]
async fn columns_symbols_and_days_can_be_called_otherwise() {
    let files = Files::with(&[("p.csv", "Ticker,Letzter,When\nBRK-B,493.77,1761004800\n")]);
    let settings = files.settings(
        "[sources.files]\nkind = \"csv\"\npath = \"FOLDER/p.csv\"\ncurrency = \"USD\"\n\
         dates = \"unix_seconds\"\nsymbols = { \"BRK.B\" = \"BRK-B\" }\n\
         fields = { symbol = \"Ticker\", close = \"Letzter\", date = \"When\" }\n\
         [policies.P]\nprices = [\"files\"]\n",
    );
    let made = gathered(&settings, &wanted(&["BRK.B USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["BRK.B 493.77 USD files"]);
}

#[tokio::test]
async fn a_file_of_one_day_needs_no_column_for_it() {
    let files = Files::with(&[("2025-10-21.csv", "symbol,close,currency\nNKE,68.5,USD\n")]);
    let settings = files.settings(
        "[sources.files]\nkind = \"csv\"\npath = \"FOLDER/{asof}.csv\"\n\
         [policies.P]\nprices = [\"files\"]\n",
    );
    let made = gathered(&settings, &wanted(&["NKE USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["NKE 68.5 USD files"]);
    let none = gathered(&settings, &wanted(&["NKE USD"]), "2025-10-22").await;
    assert!(rows(&none).is_empty());
    assert!(
        missing(&none)[0].contains("2025-10-22.csv"),
        "{:?}",
        missing(&none)
    );
    let undated = settings.replace("{asof}", "2025-10-21");
    let none = gathered(&undated, &wanted(&["NKE USD"]), "2025-10-21").await;
    assert!(
        missing(&none)[0].contains("it has no day"),
        "{:?}",
        missing(&none)
    );
}

#[tokio::test]
async fn numbers_in_json_keep_every_digit() {
    let files = Files::with(&[(
        "p.ndjson",
        "{\"symbol\":\"A\",\"date\":\"2025-10-21\",\"close\":0.1234567890123456789012345678,\"currency\":\"USD\"}\n\
         \n{\"symbol\":\"B\",\"date\":\"2025-10-21\",\"close\":\"1.10\",\"currency\":\"USD\",\"volume\":1.2e3}\n\
         {\"symbol\":\"C\",\"date\":\"2025-10-21\",\"close\":null,\"currency\":\"USD\"}\n",
    )]);
    let settings = files.settings(
        "[sources.files]\nkind = \"ndjson\"\npath = \"FOLDER/p.ndjson\"\n\
         [policies.P]\nprices = [\"files\"]\n",
    );
    let all = wanted(&["A USD", "B USD", "C USD"]);
    let made = gathered(&settings, &all, "2025-10-21").await;
    assert_eq!(
        rows(&made),
        [
            "A 0.1234567890123456789012345678 USD files",
            "B 1.1 USD files"
        ]
    );
    assert_eq!(made.content.prices[1].volume.unwrap().to_string(), "1200");
    assert_eq!(missing(&made), ["C (files: it has none)"]);
}

#[tokio::test]
async fn a_ledger_gives_its_newest_directives() {
    let files = Files::with(&[(
        "books.beancount",
        "2025-01-01 open Assets:Broker\n\
         2025-10-17 price NKE 67.00 USD\n\
         2025-10-20 price NKE 68.00 USD\n\
         2025-10-20 price NKE 68.25 USD\n\
         2025-10-20 price NKE 95.00 CAD\n\
         2025-10-22 price NKE 70.00 USD\n\
         2025-10-21 price CAD 0.7133 USD\n\
         2025-10-21 price ZERO 0 USD\n",
    )]);
    let settings = files.settings(
        "[sources.books]\nkind = \"ledger\"\npath = \"FOLDER/books.beancount\"\n\
         [policies.P]\nprices = [\"books\"]\nfx = [\"books\"]\nstale_after_days = 1\n",
    );
    let all = wanted(&["NKE USD", "ZERO USD", "USD/CAD"]);
    let made = gathered(&settings, &all, "2025-10-21").await;
    assert_eq!(rows(&made), ["NKE 68.25 USD books", "CAD/USD 0.7133 books"]);
    assert!(missing(&made)[0].contains("ZERO (books: its newest price, of 2025-10-21"));
    assert_eq!(made.report.carried[0].date, "2025-10-20".parse().unwrap());
}

#[tokio::test]
async fn a_faulty_row_costs_its_own_security_alone() {
    let files = Files::with(&[(
        "p.csv",
        "symbol,date,close,currency\n\
         A,2025-10-21,1.5,USD\n\
         B,2025-10-21,1;5,USD\n\
         C,21.10.2025,1.5,USD\n\
         D,2025-10-21,1.5,CAD\n\
         E,2025-10-21,-1,USD\n\
         F,2025-10-21,1,USD\nF,2025-10-21,2,USD\nF,2025-10-20,3,USD\n",
    )]);
    let settings = files.settings(
        "[sources.files]\nkind = \"csv\"\npath = \"FOLDER/p.csv\"\n\
         [policies.P]\nprices = [\"files\"]\nstale_after_days = 1\n",
    );
    let symbols = ["A USD", "B USD", "C USD", "D USD", "E USD", "F USD"];
    let made = gathered(&settings, &wanted(&symbols), "2025-10-21").await;
    assert_eq!(rows(&made), ["A 1.5 USD files"]);
    let told = missing(&made);
    for (index, expected) in [
        "B (files: row 3: `1;5`",
        "C (files: row 4: `21.10.2025` is not a day",
        "D (files: row 5: it is in CAD, not in USD",
        "E (files: row 6: `-1` is not greater than zero",
        "F (files: there are two of 2025-10-21, and they differ",
    ]
    .iter()
    .enumerate()
    {
        assert!(told[index].starts_with(expected), "{told:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_told_and_fails_nothing_else() {
    let files = Files::with(&[
        ("ragged.csv", "symbol,date,close,currency\nA,2025-10-21,1\n"),
        (
            "no-column.csv",
            "symbol,date,price,currency\nA,2025-10-21,1,USD\n",
        ),
        ("no.ndjson", "symbol,date\n"),
        ("no.beancount", "2025-10-21 nonsense\n"),
    ]);
    for (kind, file, expected) in [
        ("csv", "ragged.csv", "line 2 has 3 columns, not 4"),
        ("csv", "no-column.csv", "there is no column `close`"),
        ("ndjson", "no.ndjson", "line 1 is not a JSON object"),
        ("ledger", "no.beancount", "no.beancount:1"),
        ("csv", "absent.csv", "absent.csv"),
    ] {
        let settings = files.settings(&format!(
            "[sources.files]\nkind = \"{kind}\"\npath = \"FOLDER/{file}\"\n\
             [policies.P]\nprices = [\"files\"]\n"
        ));
        let made = gathered(&settings, &wanted(&["A USD"]), "2025-10-21").await;
        let told = missing(&made).join("\n");
        assert!(told.contains(expected), "{kind} {file}: {told}");
    }
}

#[tokio::test]
async fn the_ecbs_table_can_be_a_file() {
    let files = Files::with(&[(
        "eurofxref-hist.csv",
        "Date,USD,CAD,\n2025-10-21,1.1607,1.6286,\n2025-10-20,1.1655,N/A,\n",
    )]);
    let settings = files.settings(
        "[sources.ecb]\nkind = \"ecb_file\"\npath = \"FOLDER/eurofxref-hist.csv\"\n\
         [policies.P]\nfx = [\"ecb\"]\n",
    );
    let made = gathered(&settings, &wanted(&["USD/EUR"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["EUR/USD 1.1607 ecb"]);
}
