use db::query::{batch_upsert, execute_many, upsert};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};

use crate::queries::table::{
    make_tables, sample,
    sample::{ActiveModel, Column},
    stored,
};

fn said(id: i64, text: &str) -> ActiveModel {
    ActiveModel {
        text: Set(Some(text.to_owned())),
        owner: Set(Some(format!("owner of {text}"))),
        ..sample(id)
    }
}

testkit::on_both_engines! {
    async fn an_upsert_inserts_then_updates_the_named_columns(db) {
        make_tables(&db).await;
        let put = async |text| {
            upsert(&db.database, said(1, text), [Column::Id], [Column::Text]).await.unwrap()
        };
        assert_eq!(put("first").await, 1);
        let once = stored(&db.database).await;
        assert_eq!(put("first").await, 1);
        assert_eq!(stored(&db.database).await, once);

        put("second").await;
        let row = stored(&db.database).await.remove(0);
        assert_eq!(row.text.as_deref(), Some("second"));
        assert_eq!(row.owner.as_deref(), Some("owner of first"));
    }

    async fn an_upsert_that_updates_nothing_leaves_the_row(db) {
        make_tables(&db).await;
        let put = async |text| upsert(&db.database, said(1, text), [Column::Id], []).await.unwrap();
        assert_eq!((put("first").await, put("second").await), (1, 0));
        assert_eq!(stored(&db.database).await[0].text.as_deref(), Some("first"));
    }

    async fn a_batch_twice_is_the_batch_once(db) {
        make_tables(&db).await;
        execute_many(&db.database, [said(3, "before")]).await.unwrap();
        let rows: Vec<_> = (1..=1100).map(|id| said(id, &format!("text {id}"))).collect();
        let put = async || {
            let updates = [Column::Text, Column::Owner];
            batch_upsert(&db.database, rows.clone(), [Column::Id], updates).await.unwrap()
        };
        assert_eq!(put().await, 1100);
        let once = stored(&db.database).await;
        assert_eq!(put().await, 1100);
        assert_eq!(stored(&db.database).await, once);

        let found: Vec<_> = once.into_iter().map(|row| row.into_active_model().reset_all()).collect();
        assert_eq!(found, rows);
    }

    async fn of_rows_with_the_same_key_the_last_one_stands(db) {
        make_tables(&db).await;
        let rows = ["a", "b", "c"].map(|text| said(1, text)).into_iter().chain([said(2, "d")]);
        batch_upsert(&db.database, rows, [Column::Id], [Column::Text]).await.unwrap();
        let texts: Vec<_> = stored(&db.database).await.into_iter().map(|row| row.text.unwrap()).collect();
        assert_eq!(texts, ["c", "d"]);
    }

    async fn a_batch_with_a_bad_row_changes_nothing(db) {
        make_tables(&db).await;
        let bad = ActiveModel { owner: Set(Some("nobody".to_owned())), ..sample(901) };
        let rows = (1..=900).map(sample).chain([bad]);
        assert!(batch_upsert(&db.database, rows, [Column::Id], [Column::Text]).await.is_err());
        assert!(stored(&db.database).await.is_empty());
    }
}
