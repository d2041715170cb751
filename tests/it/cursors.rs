//! Pages: complete, in order, and unmoved by what is inserted meanwhile.

use serde_json::Value;
use testkit::on_both_engines;

use crate::app::App;

pub async fn collect(app: &App, path: &str, limit: usize) -> Vec<Value> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let first = format!("{path}{separator}limit={limit}");
    let mut items = Vec::new();
    let mut next = first.clone();
    loop {
        let page = app.get(&next).await.expect(200).json();
        let page_items = page["items"].as_array().unwrap();
        assert!(page_items.len() <= limit);
        items.extend(page_items.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{first}&cursor={cursor}"),
            None => return items,
        }
    }
}

on_both_engines! {
    async fn pages_of_any_length_make_up_the_whole(db) {
        let app = App::start(db).await;
        for letter in ['A', 'B', 'C', 'D', 'E', 'F', 'G'] {
            app.new_security(&letter.to_string()).await;
        }
        for day in 1..=7 {
            app.new_pack(&format!("2025-01-0{day}")).await;
        }
        app.load_prices("PP_2025-01-01", "A,1,USD\nB,2,USD\nC,3,USD\nD,4,USD\nE,5,USD\nF,6,USD\nG,7,USD")
            .await;
        for path in ["/v1/securities", "/v1/packs", "/v1/packs/PP_2025-01-01/prices"] {
            let whole = collect(&app, path, 500).await;
            assert_eq!(whole.len(), 7, "{path}");
            for limit in [1, 2, 3, 6, 7, 8] {
                assert_eq!(collect(&app, path, limit).await, whole, "{path} by {limit}");
            }
        }
    }

    async fn what_is_inserted_meanwhile_moves_nothing(db) {
        let app = App::start(db).await;
        for day in [2, 4, 6, 8] {
            app.new_pack(&format!("2025-01-0{day}")).await;
        }
        let first = app.get("/v1/packs?limit=2").await.expect(200).json();
        assert_eq!(ids(&first), ["PP_2025-01-08", "PP_2025-01-06"]);
        for day in [1, 3, 5, 7, 9] {
            app.new_pack(&format!("2025-01-0{day}")).await;
        }
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = app.get(&format!("/v1/packs?limit=2&cursor={cursor}")).await.expect(200).json();
        assert_eq!(ids(&second), ["PP_2025-01-05", "PP_2025-01-04"]);
    }

    async fn the_default_is_50_and_the_most_500(db) {
        let app = App::start(db).await;
        for number in 0..51 {
            app.new_security(&format!("S{number}")).await;
        }
        let page = app.get("/v1/securities").await.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 50);
        assert!(page["next_cursor"].is_string());
        app.get("/v1/securities?limit=500").await.expect(200);
        for limit in ["0", "501", "-1", "a", "1.5", "", "99999999999999999999999"] {
            let refused = app.get(&format!("/v1/securities?limit={limit}")).await;
            let problem = refused.problem(400, "parameter_invalid");
            assert_eq!(problem["errors"][0]["parameter"], "limit", "{limit}");
        }
    }

    async fn a_cursor_that_is_none_is_refused(db) {
        let app = App::start(db).await;
        let of_packs = {
            app.new_pack("2025-01-01").await;
            app.new_pack("2025-01-02").await;
            let page = app.get("/v1/packs?limit=1").await.json();
            page["next_cursor"].as_str().unwrap().to_owned()
        };
        for path in ["/v1/portfolios", "/v1/securities", "/v1/executions", "/v1/packs"] {
            for cursor in ["", "x", "%21", "bnVsbA", "e30", "eyJhIjoxfQ", "W10"] {
                let refused = app.get(&format!("{path}?cursor={cursor}")).await;
                refused.problem(400, "cursor_invalid");
            }
        }
        app.get(&format!("/v1/portfolios?cursor={of_packs}")).await.problem(400, "cursor_invalid");
    }
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}
