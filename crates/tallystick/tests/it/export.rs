//! `tallystick export`.

use testkit::on_both_engines;

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

const ROWS: &str = "date,type,symbol,quantity,price,amount,currency
2024-01-02,deposit,,,,1000,USD
2024-01-03,buy,NKE,6,20.5,,USD
2024-02-01,sell,NKE,2,30,,USD
";

on_both_engines! {
    async fn what_was_exported_is_imported_as_the_same_books(db) {
        let home = Home::of(&db).with_user();
        home.write("rows.csv", ROWS);
        home.json(&["import", "rows.csv", "--portfolio", "A", "--currency", "USD", "--json"]);
        home.run(&["export", "--portfolio", "A", "--format", "csv", "--output", "a.csv"]).succeeded();
        home.json(&["import", "a.csv", "--portfolio", "B", "--currency", "USD", "--json"]);
        let printed = |portfolio: &str| {
            let printed = home.run(&["export", "--portfolio", portfolio, "--format", "csv"]);
            printed.succeeded().stdout
        };
        assert_eq!(printed("A"), printed("B"));

        // A day, and a file that is there.
        let day = home.run(&["export", "--portfolio", "A", "--format", "csv", "--asof", "2024-01-02"]);
        assert_eq!(day.succeeded().stdout.lines().count(), 2);
        let again = ["export", "--portfolio", "A", "--format", "json", "--output", "a.csv"];
        home.run(&again).failed_with(&["a.csv", "--force"]);
        home.run(&[&again[..], &["--force"]].concat()).succeeded();
        home.run(&["export", "--portfolio", "C", "--format", "csv"]).failed_with(&["no portfolio `C`"]);
    }

    async fn an_exported_ledger_is_imported_again(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        home.json(&IMPORT);
        let export = ["export", "--portfolio", "Broker", "--format", "beancount", "--output", "out.beancount"];
        home.run(&export).succeeded();
        let back = home.json(&[
            "ledger", "import", "out.beancount", "--accounts", "Assets:Broker", "--portfolio", "Back",
            "--currency", "USD", "--json",
        ]);
        assert_eq!((back["lots"].clone(), back["closures"].clone()), (2.into(), 1.into()));
    }
}
