use entity::values::{PackStatus, PriceAdjustment};
use pricing::{
    Error,
    content::{Content, FxRow, verify_proof},
    load::Format,
    packs,
    page::Page,
    quotes,
};

use crate::{
    add_securities, fresh_pack, load_fx_rates, load_prices, mark_error, mark_fresh, new_pack,
    samples,
};

fn first<K>(limit: u64) -> Page<K> {
    Page { after: None, limit }
}

testkit::on_both_engines! {
    async fn a_pack_is_frozen_with_the_hash_of_its_content(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD")]).await;
        let warming = new_pack(&ctx, "2025-10-20").await;
        let empty = mark_fresh(&ctx, &warming.id).await.unwrap_err();
        assert!(matches!(empty, Error::Empty { .. }), "{empty}");
        let missing = mark_fresh(&ctx, "PP_1999-01-01").await.unwrap_err();
        assert!(matches!(missing, Error::PackNotFound { .. }), "{missing}");
        let early = packs::proof(&ctx, reader, &warming.id, "AAPL")
            .await
            .unwrap_err();
        assert!(matches!(early, Error::StillWarming { .. }), "{early}");
        let unproved = packs::verify(&ctx, reader, &warming.id).await.unwrap();
        assert_eq!(
            (unproved.stored_hash, unproved.matches, unproved.rows),
            (None, false, 0)
        );

        let fresh = fresh_pack(&ctx, "2025-10-21").await;
        assert_eq!(
            (fresh.status, fresh.is_fresh, fresh.prewarm_done),
            (PackStatus::Fresh, true, true)
        );
        assert!(fresh.updated_at > fresh.created_at);
        assert_eq!(packs::find(&ctx, reader, &fresh.id).await.unwrap(), fresh);
        let content = packs::content(&ctx, reader, &fresh.id).await.unwrap();
        assert_eq!(fresh.hash.as_deref(), Some(content.hash().as_str()));
        let verified = packs::verify(&ctx, reader, &fresh.id).await.unwrap();
        assert!(verified.matches && verified.rows == 3 && verified.stored_hash == fresh.hash);
        let proof = packs::proof(&ctx, reader, &fresh.id, "CNR").await.unwrap();
        assert!(verify_proof(&proof, &verified.computed_hash));
        let absent = packs::proof(&ctx, reader, &fresh.id, "NKE")
            .await
            .unwrap_err();
        assert!(matches!(absent, Error::SymbolNotInPack { .. }), "{absent}");
    }

    async fn a_bad_pack_is_frozen_with_a_message(db) {
        let ctx = db.ctx().await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        for message in ["", "  \n", "a\0b", &"x".repeat(2_001)] {
            let refusal = mark_error(&ctx, &pack.id, message).await.unwrap_err();
            assert!(
                matches!(
                    refusal,
                    Error::Invalid {
                        field: "/message",
                        ..
                    }
                ),
                "{refusal}"
            );
        }
        let failed = mark_error(&ctx, &pack.id, &format!(" {} ", "é".repeat(2_000)))
            .await
            .unwrap();
        assert_eq!(
            (failed.status, failed.is_fresh, failed.prewarm_done),
            (PackStatus::Error, false, false)
        );
        assert_eq!(failed.error_message, Some("é".repeat(2_000)));
        assert!(
            packs::verify(&ctx, ctx.database.reader(), &pack.id)
                .await
                .unwrap()
                .matches
        );
        let frozen = mark_fresh(&ctx, &pack.id).await.unwrap_err();
        assert_eq!(
            frozen.to_string(),
            "pricing pack `PP_2025-10-21` is error: its content is frozen, and only a warming \
             pack can change"
        );
    }

    async fn whatever_is_stored_is_read_back_with_the_same_hash(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        add_securities(&ctx, &samples::SYMBOLS.map(|symbol| (symbol, "USD"))).await;
        for (day, sample) in samples::many_contents(25).into_iter().enumerate() {
            let pack = new_pack(&ctx, &format!("2025-10-{:02}", day + 1)).await;
            let mut sample = Content {
                asof_date: pack.asof_date,
                policy: pack.policy.clone(),
                ..sample
            };
            // A pack that is frozen as good holds prices of one kind.
            let kind = sample.prices.first().map(|price| price.adjustment);
            for price in &mut sample.prices {
                price.adjustment = kind.unwrap_or(price.adjustment);
            }
            let prices = samples::price_lines(&sample, None).join("\n");
            load_prices(&ctx, &pack.id, Format::Ndjson, prices)
                .await
                .unwrap();
            load_fx_rates(
                &ctx,
                &pack.id,
                Format::Ndjson,
                samples::fx_lines(&sample, None).join("\n"),
            )
            .await
            .unwrap();
            assert_eq!(
                mark_fresh(&ctx, &pack.id).await.unwrap().hash,
                Some(sample.hash())
            );
            let read = packs::content(&ctx, reader, &pack.id).await.unwrap();
            assert_eq!(sorted(read), sorted(sample.clone()));
            let quotes = quotes::load(&ctx, reader, &pack).await.unwrap();
            for row in &sample.prices {
                let quote = quotes.price(&row.symbol).unwrap();
                assert_eq!(
                    (quote.price, quote.currency, quote.source),
                    (row.close, "USD", row.source.as_str())
                );
            }
            for row in &sample.fx_rates {
                assert_eq!(quotes.rate(&row.base, &row.quote), Some(row.rate));
            }
        }
    }

    async fn rows_are_read_page_by_page(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        let symbols: Vec<String> = (0..2_345).map(|number| format!("S{number:05}")).collect();
        let securities: Vec<(&str, &str)> = symbols
            .iter()
            .map(|symbol| (symbol.as_str(), "USD"))
            .collect();
        add_securities(&ctx, &securities).await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let file = format!(
            "symbol,close,currency\n{},1,USD\n",
            symbols.join(",1,USD\n")
        );
        assert_eq!(
            load_prices(&ctx, &pack.id, Format::Csv, file)
                .await
                .unwrap(),
            2_345
        );
        assert_eq!(
            packs::content(&ctx, reader, &pack.id)
                .await
                .unwrap()
                .prices
                .len(),
            2_345
        );
        let (mut page, mut seen) = (first(500), Vec::new());
        loop {
            let listed = packs::prices(&ctx, reader, &pack.id, &page).await.unwrap();
            assert!(
                listed
                    .items
                    .iter()
                    .all(|row| row.adjustment == PriceAdjustment::Raw)
            );
            page.after = listed.items.last().map(|row| row.symbol.clone());
            seen.extend(listed.items.into_iter().map(|row| row.symbol));
            if !listed.has_more {
                break;
            }
        }
        assert_eq!(seen, symbols);

        let rates = "base,quote,rate\nUSD,CAD,1.4\nEUR,USD,1.1\nUSD,EUR,0.9\nUSD,AUD,1.5\n";
        load_fx_rates(&ctx, &pack.id, Format::Csv, rates)
            .await
            .unwrap();
        let pair = |row: &FxRow| (row.base.clone(), row.quote.clone());
        let listed = packs::fx_rates(&ctx, reader, &pack.id, &first(2))
            .await
            .unwrap();
        assert!(listed.has_more);
        let page = Page {
            after: listed.items.last().map(pair),
            limit: 2,
        };
        let rest = packs::fx_rates(&ctx, reader, &pack.id, &page)
            .await
            .unwrap();
        let pairs: Vec<String> = listed
            .items
            .iter()
            .chain(&rest.items)
            .map(|r| r.base.clone() + &r.quote)
            .collect();
        assert_eq!(
            (pairs, rest.has_more),
            (
                ["EURUSD", "USDAUD", "USDCAD", "USDEUR"]
                    .map(str::to_owned)
                    .to_vec(),
                false
            )
        );
    }
}

fn sorted(mut content: Content) -> Content {
    content.prices.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    content
        .fx_rates
        .sort_by(|a, b| (&a.base, &a.quote).cmp(&(&b.base, &b.quote)));
    content
}
