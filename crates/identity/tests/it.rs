//! The local owner, and the time that services see.

#![allow(clippy::unwrap_used, clippy::panic)]

use identity::{Clock, local_owner};

testkit::on_both_engines! {
    async fn the_local_owner_is_made_once_however_many_start_at_once(db) {
        let clock = Clock::new(chrono_now);
        let starts = (0..8).map(|_| local_owner(&db.database, clock));
        let owners = futures_util::future::try_join_all(starts).await.unwrap();
        assert!(owners.iter().all(|owner| *owner == owners[0]));
    }

    async fn now_is_what_both_engines_can_store(db) {
        let now = db.ctx().await.now();
        assert_eq!(now.timestamp_subsec_nanos() % 1_000, 0);
    }
}

fn chrono_now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}
