use entity::values::PackStatus;
use pricing::{
    DEFAULT_POLICY, Error,
    packs::{self, Filter, NewPack},
    page::Page,
};
use serde_json::json;

use crate::{add_securities, create, date, fresh_pack, mark_error, new_pack};

fn first<K>(limit: u64) -> Page<K> {
    Page { after: None, limit }
}

testkit::on_both_engines! {
    async fn a_pack_is_made_warming_once_for_a_date_and_policy(db) {
        let ctx = db.ctx().await;
        let sources = json!({"vendor": "boc", "pages": [1, 2.5, null]});
        let asked = NewPack {
            asof_date: date("2025-10-21"),
            policy: None,
            sources: sources.clone(),
        };
        let made = create(&ctx, asked.clone()).await.unwrap();
        let pack = packs::find(&ctx, ctx.database.reader(), "PP_2025-10-21")
            .await
            .unwrap();
        assert_eq!(pack, made);
        assert_eq!(
            (pack.status, pack.is_fresh, pack.prewarm_done),
            (PackStatus::Warming, false, false)
        );
        assert_eq!(
            (pack.policy.as_str(), pack.hash, pack.sources_json),
            (DEFAULT_POLICY, None, sources)
        );

        let again = create(&ctx, asked.clone()).await.unwrap_err();
        assert!(
            matches!(&again, Error::PackExists { id, .. } if id == "PP_2025-10-21"),
            "{again}"
        );
        let other = NewPack {
            policy: Some("EOD".to_owned()),
            ..asked
        };
        assert_eq!(create(&ctx, other).await.unwrap().id, "PP_2025-10-21_EOD");
        let missing = packs::find(&ctx, ctx.database.reader(), "PP_2000-01-01")
            .await
            .unwrap_err();
        assert!(matches!(missing, Error::PackNotFound { .. }));
    }

    async fn what_could_not_be_stored_or_named_is_refused(db) {
        let ctx = db.ctx().await;
        let asked = |policy: Option<&str>, sources| NewPack {
            asof_date: date("2025-10-21"),
            policy: policy.map(str::to_owned),
            sources,
        };
        for (new, field) in [
            (asked(Some("X_D1"), json!({})), "/policy"),
            (asked(Some("a\0b"), json!({})), "/policy"),
            (asked(None, json!([])), "/sources"),
            (asked(None, json!({"a": [{"b\0": 1}]})), "/sources"),
            (
                NewPack {
                    asof_date: "+10000-01-01".parse().unwrap(),
                    ..asked(None, json!({}))
                },
                "/asof_date",
            ),
        ] {
            let refusal = create(&ctx, new).await.unwrap_err();
            assert!(
                matches!(refusal, Error::Invalid { field: f, .. } if f == field),
                "{refusal}"
            );
        }
        assert_eq!(
            create(&ctx, asked(None, json!(null)))
                .await
                .unwrap()
                .sources_json,
            json!({})
        );
    }

    async fn the_latest_pack_is_the_newest_whatever_its_status(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        assert_eq!(
            packs::latest(&ctx, reader, DEFAULT_POLICY).await.unwrap(),
            None
        );
        let none = packs::require_latest(&ctx, reader, DEFAULT_POLICY, None)
            .await
            .unwrap_err();
        assert!(matches!(none, Error::NoPack { .. }));
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD")]).await;
        fresh_pack(&ctx, "2025-10-20").await;
        new_pack(&ctx, "2025-10-22").await;
        let other = NewPack {
            asof_date: date("2025-10-25"),
            policy: Some("EOD".to_owned()),
            ..NewPack::default()
        };
        create(&ctx, other).await.unwrap();
        let latest = packs::latest(&ctx, reader, DEFAULT_POLICY)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (latest.id.as_str(), latest.status),
            ("PP_2025-10-22", PackStatus::Warming)
        );
        for (asof, expected) in [
            ("2025-10-23", Some("PP_2025-10-22")),
            ("2025-10-22", Some("PP_2025-10-22")),
            ("2025-10-21", Some("PP_2025-10-20")),
            ("2025-10-19", None),
        ] {
            let found = packs::latest_on_or_before(&ctx, reader, DEFAULT_POLICY, date(asof))
                .await
                .unwrap();
            assert_eq!(found.map(|pack| pack.id).as_deref(), expected);
        }
    }

    async fn a_list_is_read_page_by_page_newest_first(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        for day in 10..17 {
            new_pack(&ctx, &format!("2025-10-{day}")).await;
        }
        for policy in ["EOD", "AM"] {
            let policy = Some(policy.to_owned());
            create(
                &ctx,
                NewPack {
                    asof_date: date("2025-10-13"),
                    policy,
                    ..NewPack::default()
                },
            )
            .await
            .unwrap();
        }
        let (mut page, mut seen) = (first(2), Vec::new());
        loop {
            let listed = packs::list(&ctx, reader, &Filter::default(), &page)
                .await
                .unwrap();
            page.after = listed
                .items
                .last()
                .map(|pack| (pack.asof_date, pack.id.clone()));
            seen.extend(listed.items.into_iter().map(|pack| pack.id));
            if !listed.has_more {
                break;
            }
        }
        assert_eq!(
            seen,
            [
                "PP_2025-10-16",
                "PP_2025-10-15",
                "PP_2025-10-14",
                "PP_2025-10-13_EOD",
                "PP_2025-10-13_AM",
                "PP_2025-10-13",
                "PP_2025-10-12",
                "PP_2025-10-11",
                "PP_2025-10-10",
            ]
        );
        mark_error(&ctx, "PP_2025-10-12", "the vendor withdrew it")
            .await
            .unwrap();
        let filter = Filter {
            policy: Some(DEFAULT_POLICY.to_owned()),
            status: Some(PackStatus::Warming),
            from: Some(date("2025-10-11")),
            to: Some(date("2025-10-13")),
        };
        let listed = packs::list(&ctx, reader, &filter, &first(50))
            .await
            .unwrap();
        let ids: Vec<String> = listed.items.into_iter().map(|pack| pack.id).collect();
        assert_eq!(
            (ids, listed.has_more),
            (
                vec!["PP_2025-10-13".to_owned(), "PP_2025-10-11".to_owned()],
                false
            )
        );
    }
}
