use books::{
    Error,
    page::Page,
    securities::{self, NewSecurity},
};
use entity::{
    books::security,
    values::{SecurityId, SecurityKind},
};
use identity::Ctx;
use ledger::SecurityInfo;

use crate::setup::{new_security, security, write};

async fn create(ctx: &Ctx, new: NewSecurity) -> Result<security::Model, Error> {
    write(ctx, |ctx, tx| async move {
        securities::create(&ctx, &tx, new).await
    })
    .await
}

async fn symbols_with(ctx: &Ctx, q: &str) -> Vec<String> {
    let page = Page {
        after: None,
        limit: 50,
    };
    let found = securities::list(ctx, ctx.database.reader(), Some(q), &page)
        .await
        .unwrap();
    found.items.into_iter().map(|row| row.symbol).collect()
}

testkit::on_both_engines! {
    async fn a_security_is_read_back_as_it_was_made(db) {
        let ctx = db.ctx().await;
        let made = create(&ctx, NewSecurity {
            exchange: Some("XNYS".to_owned()),
            isin: Some("US0846707026".to_owned()),
            sector: Some("Financials".to_owned()),
            country: Some("US".to_owned()),
            ..new_security("BRK.B")
        }).await.unwrap();
        let reader = ctx.database.reader();
        assert_eq!(securities::find(&ctx, reader, made.id).await.unwrap(), made);
        assert_eq!(securities::find_by_symbol(&ctx, reader, "BRK.B").await.unwrap(), made);
    }

    async fn a_symbol_is_taken_once(db) {
        let ctx = db.ctx().await;
        security(&ctx, "NKE").await;
        let again = create(&ctx, new_security("NKE")).await.unwrap_err();
        assert!(matches!(&again, Error::SymbolTaken { symbol } if symbol == "NKE"), "{again}");
    }

    async fn what_is_not_there_is_not_found(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        for symbol in ["NONE", "nke", "", "A\0B"] {
            let error = securities::find_by_symbol(&ctx, reader, symbol).await.unwrap_err();
            assert!(matches!(error, Error::SecurityNotFound { .. }), "{error}");
        }
        let error = securities::find(&ctx, reader, SecurityId::new()).await.unwrap_err();
        assert!(matches!(error, Error::SecurityNotFound { .. }), "{error}");
    }

    async fn what_breaks_a_rule_is_refused_with_its_field(db) {
        let ctx = db.ctx().await;
        let long = "A".repeat(41);
        let fine = || new_security("A");
        for (new, pointer) in [
            (new_security(""), "/symbol"),
            (new_security("nke"), "/symbol"),
            (new_security("A B"), "/symbol"),
            (new_security("Ä"), "/symbol"),
            (new_security(&long), "/symbol"),
            (NewSecurity { name: String::new(), ..fine() }, "/name"),
            (NewSecurity { currency: "IRAUSD".to_owned(), ..fine() }, "/currency"),
            (NewSecurity { sector: Some("a\0b".to_owned()), ..fine() }, "/sector"),
            (NewSecurity { isin: Some(String::new()), ..fine() }, "/isin"),
        ] {
            let refused = create(&ctx, new.clone()).await.unwrap_err();
            assert!(
                matches!(&refused, Error::Invalid { field, .. } if *field == pointer),
                "{new:?}: {refused}"
            );
        }
    }

    async fn a_search_takes_every_character_for_itself(db) {
        let ctx = db.ctx().await;
        for (symbol, name) in [
            ("ITOT", "iShares Core S&P Total"),
            ("A_B", "100% bonds"),
            ("AXB", "Élan \\ Vital"),
        ] {
            let new = NewSecurity { name: name.to_owned(), ..new_security(symbol) };
            create(&ctx, new).await.unwrap();
        }
        assert_eq!(symbols_with(&ctx, "itot").await, ["ITOT"]);
        assert_eq!(symbols_with(&ctx, "S&p tot").await, ["ITOT"]);
        assert_eq!(symbols_with(&ctx, "a_b").await, ["A_B"]);
        assert_eq!(symbols_with(&ctx, "0%").await, ["A_B"]);
        assert_eq!(symbols_with(&ctx, "\\").await, ["AXB"]);
        assert_eq!(symbols_with(&ctx, "Élan").await, ["AXB"]);
        assert_eq!(symbols_with(&ctx, "élan").await, [""; 0]);
        assert_eq!(symbols_with(&ctx, "a\0").await, [""; 0]);
        assert_eq!(symbols_with(&ctx, "").await, ["ITOT", "A_B", "AXB"]);
    }

    async fn pages_follow_each_other(db) {
        let ctx = db.ctx().await;
        for symbol in ["C", "A", "B"] {
            security(&ctx, symbol).await;
        }
        let reader = ctx.database.reader();
        let first =
            securities::list(&ctx, reader, None, &Page { after: None, limit: 2 }).await.unwrap();
        let after = first.items.last().map(|row| row.id);
        let rest = securities::list(&ctx, reader, None, &Page { after, limit: 2 }).await.unwrap();
        assert_eq!((first.items.len(), first.has_more), (2, true));
        assert_eq!((rest.items.len(), rest.has_more), (1, false));
    }
}

fn named(symbol: &str, kind: Option<&str>) -> SecurityInfo {
    SecurityInfo {
        symbol: symbol.to_owned(),
        name: None,
        currency: "CAD".to_owned(),
        kind: kind.map(str::to_owned),
        sector: None,
        country: None,
        isin: None,
        figi: None,
        exchange: None,
    }
}

testkit::on_both_engines! {
    async fn a_ledgers_securities_are_added_and_the_existing_kept(db) {
        let ctx = db.ctx().await;
        let kept = security(&ctx, "NKE").await;
        let of_ledger = [
            named("/ESM24", None),
            named("A'B", Some("Mutual-Fund")),
            named("BTC", Some("crypto")),
            named("CNR", Some("stock")),
            named("NKE", Some("bond")),
            named("ODD", Some("no such kind")),
        ];
        let register = async || {
            let of_ledger = of_ledger.clone();
            write(&ctx, |ctx, tx| async move {
                securities::register(&ctx, &tx, &of_ledger).await
            })
            .await
            .unwrap()
        };
        let known = register().await;
        let kinds: Vec<_> = known.values().map(|row| (row.symbol.as_str(), row.kind)).collect();
        let expected = [
            ("/ESM24", SecurityKind::Other),
            ("A'B", SecurityKind::Fund),
            ("BTC", SecurityKind::Crypto),
            ("CNR", SecurityKind::Equity),
            ("NKE", SecurityKind::Equity),
            ("ODD", SecurityKind::Other),
        ];
        assert_eq!(kinds, expected);
        assert_eq!((&known["NKE"], known["BTC"].currency.as_str()), (&kept, "CAD"));
        assert_eq!(known["BTC"].name, "BTC");
        assert_eq!(register().await, known, "a second time adds nothing");
    }

    async fn a_ledgers_security_that_cannot_be_kept_is_named(db) {
        let ctx = db.ctx().await;
        let long = named(&"X".repeat(41), None);
        let in_points = SecurityInfo { currency: "POINTS".to_owned(), ..named("ABC", None) };
        for (security, part) in [(long, "XXX"), (in_points, "ABC in POINTS")] {
            let refused = write(&ctx, |ctx, tx| async move {
                securities::register(&ctx, &tx, &[security]).await
            });
            let error = refused.await.unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
