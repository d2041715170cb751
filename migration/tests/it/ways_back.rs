//! Each way back restores the schema exactly.

use migration::{Options, Schema, Target};

use crate::dump::dump;

testkit::on_both_engines! {
    async fn each_step_down_restores_what_was_before_the_step_up(db) {
        let schema = Schema::of(&db.database, Options::default()).await.unwrap();
        schema.down(&Target::Base).await.unwrap();
        let Some(empty) = dump(&db, &schema).await else { return };
        let mut before = vec![empty];
        for known in schema.known() {
            let applied = schema.up(&Target::Version(known.name.clone())).await;
            let applied = match applied {
                Err(migration::Error::Contracting { .. }) => {
                    let options = Options { may_contract: true, ..Options::default() };
                    let willing = Schema::of(&db.database, options).await.unwrap();
                    let applied = willing.up(&Target::Steps(1)).await.unwrap();
                    willing.close().await.unwrap();
                    applied
                }
                applied => applied.unwrap(),
            };
            assert_eq!(applied.len(), 1);
            before.push(dump(&db, &schema).await.unwrap());
        }
        let head = before.pop().unwrap();

        for (known, before) in schema.known().iter().zip(&before).rev() {
            let taken_back = schema.down(&Target::Steps(1)).await.unwrap();
            assert_eq!(taken_back[0].version, known.name);
            let after = dump(&db, &schema).await.unwrap();
            assert_eq!(&after, before, "{} leaves something behind", known.name);
        }

        assert_eq!(schema.up(&Target::Head).await.unwrap().len(), schema.known().len());
        assert_eq!(dump(&db, &schema).await.unwrap(), head);
        assert!(schema.up(&Target::Head).await.unwrap().is_empty());
        assert_eq!(schema.redo().await.unwrap().len(), 1);
        assert_eq!(dump(&db, &schema).await.unwrap(), head);
        schema.close().await.unwrap();
    }
}
