//! A price's proof, checked with an implementation of RFC 6962 that shares nothing with ours.

use serde_json::Value;
use sha2::{Digest, Sha256};
use testkit::on_both_engines;

use crate::app::App;

on_both_engines! {
    async fn every_price_can_be_proved_against_the_packs_hash(db) {
        let app = App::start(db).await;
        let symbols = ["A", "B.C", "D'E", "F-G", "H_I"];
        for symbol in symbols {
            app.new_security(symbol).await;
        }
        let rows: Vec<String> =
            symbols.iter().enumerate().map(|(n, symbol)| format!("{symbol},{n}.50,USD").replace(",0.", ",9.")).collect();
        let pack = app.fresh_pack("2025-10-21", &rows.join("\n")).await;
        let hash = pack["hash"].as_str().unwrap();
        for symbol in symbols {
            let path = format!("/v1/packs/PP_2025-10-21/proofs/{symbol}");
            let reply = app.get(&path).await.expect(200);
            let proof = reply.json();
            let leaf: Value = serde_json::from_str(proof["leaf"].as_str().unwrap()).unwrap();
            assert_eq!(leaf["symbol"], symbol);
            assert_eq!(proof["tree_size"], 6, "five prices and the header");
            assert_eq!(root_of(&proof), hash, "{symbol}");
            app.get_if_none_match(&path, &reply.etag()).await.expect(304);

            let mut forged = proof.clone();
            forged["leaf"] = proof["leaf"].as_str().unwrap().replace(".5", ".6").into();
            assert_ne!(root_of(&forged), hash);
        }
    }

    async fn there_is_no_proof_of_what_is_not_there(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.new_security("PYPL").await;
        app.fresh_pack("2025-10-20", "NKE,74.5,USD").await;
        for symbol in ["PYPL", "NOBODY", "nke", "%20", "a%2Fb"] {
            let path = format!("/v1/packs/PP_2025-10-20/proofs/{symbol}");
            app.get(&path).await.problem(404, "price_not_found");
        }
        app.new_pack("2025-10-21").await;
        app.load_prices("PP_2025-10-21", "NKE,75,USD").await;
        app.get("/v1/packs/PP_2025-10-21/proofs/NKE").await.problem(409, "pricing_pack_still_warming");
    }
}

fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

/// RFC 9162, section 2.1.3.2: the way from a leaf to the root.
fn root_of(proof: &Value) -> String {
    let number = |name: &str| proof[name].as_u64().unwrap();
    let (mut fn_, mut sn) = (number("leaf_index"), number("tree_size") - 1);
    let mut hash = sha256(&[&[0], proof["leaf"].as_str().unwrap().as_bytes()]);
    for node in proof["audit_path"].as_array().unwrap() {
        let node = hex::decode(node.as_str().unwrap()).unwrap();
        if fn_ % 2 == 1 || fn_ == sn {
            hash = sha256(&[&[1], &node, &hash]);
            while fn_ % 2 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            hash = sha256(&[&[1], &hash, &node]);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    assert_eq!(sn, 0, "the path is as long as the tree is high");
    format!("sha256:{}", hex::encode(hash))
}
