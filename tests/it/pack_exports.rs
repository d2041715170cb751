use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::on_both_engines;

use crate::app::App;

const EXPORT: &str = "/v1/packs/PP_2025-10-21/export";

/// RFC 6962, section 2.1, as it is written there.
fn tree_hash(leaves: &[&[u8]]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    match leaves {
        [] => {}
        [leaf] => hasher.update([&[0], *leaf].concat()),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            hasher.update([vec![1], tree_hash(left), tree_hash(right)].concat());
        }
    }
    hasher.finalize().to_vec()
}

on_both_engines! {
    async fn a_pack_is_exported_as_the_rows_that_its_hash_covers(db) {
        let app = App::start(db).await;
        for symbol in ["NKE", "PYPL"] {
            app.new_security(symbol).await;
        }
        let pack = app.fresh_pack("2025-10-21", "NKE,74.50,USD\nPYPL,60,USD").await;
        let reply = app.get(EXPORT).await.expect(200);
        assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
        assert_eq!(
            reply.header("content-disposition"),
            Some("attachment; filename=\"PP_2025-10-21.ndjson\"")
        );
        let rows: Vec<Value> =
            reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let header =
            json!({"asof": "2025-10-21", "format": "1", "kind": "pack", "policy": "WM4PM_CAD"});
        assert_eq!(rows[0], header);
        assert_eq!((rows.len(), &rows[2]["close"]), (3, &json!("74.5")));
        let leaves: Vec<&[u8]> = reply.text.lines().map(str::as_bytes).collect();
        assert_eq!(format!("sha256:{}", hex::encode(tree_hash(&leaves))), pack["hash"]);

        let etag = reply.etag();
        assert!(etag.starts_with('"'), "{etag} is not strong");
        let known = app.get_if_none_match(EXPORT, &etag).await.expect(304);
        assert_eq!((known.text.as_str(), known.etag()), ("", etag.clone()));
        let head = app.head(EXPORT).await.expect(200);
        assert_eq!((head.text.as_str(), head.etag()), ("", etag));
    }

    /// More than one piece is sent, and none is lost.
    async fn a_long_pack_is_exported_whole(db) {
        let app = App::start(db).await;
        let mut rates = String::from("base,quote,rate,source\n");
        let currencies = ["CAD", "CHF", "EUR", "GBP", "JPY", "USD"];
        for base in currencies {
            for quote in currencies.into_iter().filter(|quote| *quote != base) {
                rates.extend([base, ",", quote, ",1.5,", &"s".repeat(20_000), "\n"]);
            }
        }
        let pack = app.new_pack("2025-10-21").await;
        app.upload(&format!("/v1/packs/{pack}/fx-rates"), "text/csv", rates).await.expect(201);
        app.get(EXPORT).await.problem(409, "pricing_pack_still_warming");
        let fresh = app.mark_fresh(&pack).await;
        let text = app.get(EXPORT).await.expect(200).text;
        assert!(text.len() > 600_000 && text.ends_with("}\n"), "{}", text.len());
        let leaves: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        assert_eq!(leaves.len(), 31);
        assert_eq!(format!("sha256:{}", hex::encode(tree_hash(&leaves))), fresh["hash"]);
        app.get("/v1/packs/PP_1999-01-01/export").await.problem(404, "pricing_pack_not_found");
    }
}
