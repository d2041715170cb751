//! What a frozen pack holds cannot change: through the service, and by SQL.

use db::Database;
use entity::values::PackStatus;
use pricing::{Error, load::Format, packs};
use sea_orm::ConnectionTrait;

use crate::{
    add_securities, fresh_pack, load_fx_rates, load_prices, mark_error, mark_fresh, new_pack,
};

const EVERY_ENGINE: [&str; 16] = [
    "UPDATE securities SET symbol = 'OTHER' WHERE symbol = 'AAPL'",
    "INSERT INTO prices SELECT 'PP_2025-10-21', s.id, p.close, p.currency, NULL, NULL, NULL, NULL, \
        p.source, p.adjustment, p.created_at FROM securities s, prices p WHERE s.symbol = 'NKE'",
    "UPDATE prices SET close = '1'",
    "UPDATE prices SET source = 'x' WHERE pack_id = 'PP_2025-10-21'",
    "UPDATE prices SET pack_id = 'PP_2025-10-22'",
    "DELETE FROM prices",
    "DELETE FROM prices WHERE pack_id = 'PP_2025-10-21'",
    "INSERT INTO fx_rates SELECT pack_id, 'EUR', quote, rate, source, created_at FROM fx_rates",
    "UPDATE fx_rates SET rate = '1'",
    "UPDATE fx_rates SET pack_id = 'PP_2025-10-22'",
    "DELETE FROM fx_rates",
    "UPDATE pricing_packs SET status = 'warming', hash = NULL, is_fresh = false",
    "UPDATE pricing_packs SET hash = 'sha256:00' WHERE id = 'PP_2025-10-21'",
    "UPDATE pricing_packs SET hash = NULL WHERE id = 'PP_2025-10-21'",
    "UPDATE pricing_packs SET asof_date = '2020-01-01' WHERE id = 'PP_2025-10-21'",
    "DELETE FROM pricing_packs WHERE id = 'PP_2025-10-21'",
];

const POSTGRES: [&str; 7] = [
    "TRUNCATE prices",
    "TRUNCATE fx_rates",
    "TRUNCATE prices, fx_rates",
    "TRUNCATE pricing_packs CASCADE",
    "TRUNCATE securities CASCADE",
    "INSERT INTO fx_rates SELECT pack_id, base, quote, 9, source, created_at FROM fx_rates
        ON CONFLICT (pack_id, base, quote) DO UPDATE SET rate = 9",
    "UPDATE prices SET close = '1.0'::numeric",
];

const SQLITE: [&str; 7] = [
    "REPLACE INTO pricing_packs SELECT id, asof_date, policy, revision, NULL, NULL, sources_json, \
        'warming', 0, 0, 0, 0, NULL, NULL, created_at, updated_at, NULL, NULL, NULL FROM pricing_packs \
        WHERE id = 'PP_2025-10-21'",
    "UPDATE OR REPLACE pricing_packs SET id = 'PP_2025-10-21' WHERE id = 'PP_2025-10-22'",
    "REPLACE INTO securities SELECT id, 'OTHER', name, kind, currency, exchange, isin, figi, \
        sector, country, is_active, created_at, updated_at FROM securities WHERE symbol = 'AAPL'",
    "INSERT OR REPLACE INTO fx_rates SELECT pack_id, base, quote, '9', source, created_at \
        FROM fx_rates",
    "UPDATE OR REPLACE prices SET close = '9'",
    "UPDATE OR IGNORE prices SET close = '9'",
    "REPLACE INTO prices SELECT pack_id, security_id, '9', currency, NULL, NULL, NULL, NULL, \
        source, adjustment, created_at FROM prices",
];

async fn execute(database: &Database, sql: &'static str) -> Result<(), Error> {
    let work = async |tx: db::Tx| {
        tx.execute_unprepared(sql).await?;
        Ok(())
    };
    database.write(work).await
}

testkit::on_both_engines! {
    async fn a_frozen_pack_takes_no_more_through_the_service(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD"), ("NKE", "USD")]).await;
        let fresh = fresh_pack(&ctx, "2025-10-21").await;
        let failed = new_pack(&ctx, "2025-10-22").await;
        mark_error(&ctx, &failed.id, "wrong prices").await.unwrap();
        for (id, status) in [
            (&fresh.id, PackStatus::Fresh),
            (&failed.id, PackStatus::Error),
        ] {
            let prices = "symbol,close,currency\nNKE,70,USD\n";
            for refusal in [
                load_prices(&ctx, id, Format::Csv, prices)
                    .await
                    .unwrap_err(),
                load_fx_rates(&ctx, id, Format::Csv, "base,quote,rate\nEUR,USD,1.1\n")
                    .await
                    .unwrap_err(),
                mark_fresh(&ctx, id).await.unwrap_err(),
                mark_error(&ctx, id, "once more").await.unwrap_err(),
            ] {
                assert!(
                    matches!(&refusal, Error::NotWarming { id: i, status: s } if i == id && *s == status),
                    "{refusal}"
                );
            }
            assert!(
                packs::verify(&ctx, ctx.database.reader(), id)
                    .await
                    .unwrap()
                    .matches
            );
        }
    }

    async fn a_frozen_pack_does_not_change_by_sql(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD"), ("NKE", "USD")]).await;
        let fresh = fresh_pack(&ctx, "2025-10-21").await;
        new_pack(&ctx, "2025-10-22").await;
        let own: &[&'static str] = match ctx.database.engine() {
            db::Engine::Sqlite => &SQLITE,
            db::Engine::Postgres => &POSTGRES,
        };
        // The service could do even less.
        let owner = db.owner().await;
        for sql in EVERY_ENGINE.iter().chain(own) {
            let outcome = execute(&owner, sql).await;
            let refused = matches!(outcome, Err(Error::Database(db::Error::Refused(_))));
            assert!(refused, "{sql}: {outcome:?}");
            let verified = packs::verify(&ctx, ctx.database.reader(), &fresh.id)
                .await
                .unwrap();
            assert!(
                verified.matches && verified.stored_hash == fresh.hash,
                "{sql}"
            );
            assert_eq!(verified.rows, 3, "{sql}");
        }
        assert_eq!(
            packs::find(&ctx, ctx.database.reader(), &fresh.id)
                .await
                .unwrap(),
            fresh
        );
    }
}
