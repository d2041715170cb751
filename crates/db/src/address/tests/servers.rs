use sqlx::{ConnectOptions as _, Executor as _};

use crate::Address;

/// Asks the database for one answer, by an address of its own reading.
async fn reach(url: &str) {
    match Address::parse(url).unwrap() {
        Address::Sqlite(address) => {
            let mut connection = address.options().connect().await.unwrap();
            connection
                .execute("SELECT count(*) FROM users")
                .await
                .unwrap();
        }
        Address::Postgres(address) => {
            let options = address.options(&address.hosts()[0]);
            let mut connection = options.connect().await.unwrap();
            connection
                .execute("SELECT count(*) FROM users")
                .await
                .unwrap();
        }
    }
}

testkit::on_both_engines! {
    async fn an_address_leads_to_its_database(db) {
        reach(&db.url).await;
    }
}
