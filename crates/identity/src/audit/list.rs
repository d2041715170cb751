use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use db::{
    ConnectionTrait,
    page::{Listed, Page},
};
use entity::{
    identity::audit_entry::{Column, Entity, Model},
    values::{AuditOutcome, UserId},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Which rows are wanted; those that meet all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub actor_user_id: Option<UserId>,
    pub action: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub outcome: Option<AuditOutcome>,
    /// The first day, in UTC.
    pub from: Option<NaiveDate>,
    /// The last day, in UTC.
    pub to: Option<NaiveDate>,
}

/// Rows of all users, the newest first; a page's key is the number of a row.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &Page<i64>,
) -> Result<Listed<Model>, db::Error> {
    let rows = Entity::find()
        .filter(filter.condition())
        .filter(Condition::all().add_option(page.after.map(|seq| Column::Seq.lt(seq))))
        .order_by_desc(Column::Seq)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(rows))
}

impl Filter {
    fn condition(&self) -> Condition {
        let end = self.to.and_then(|day| day.succ_opt());
        Condition::all()
            .add_option(self.actor_user_id.map(|id| Column::ActorUserId.eq(id)))
            .add_option(self.action.as_deref().map(|word| Column::Action.eq(word)))
            .add_option(
                self.resource_type
                    .as_deref()
                    .map(|word| Column::ResourceType.eq(word)),
            )
            .add_option(
                self.resource_id
                    .as_deref()
                    .map(|id| Column::ResourceId.eq(id)),
            )
            .add_option(self.outcome.map(|outcome| Column::Outcome.eq(outcome)))
            .add_option(self.from.map(|day| Column::At.gte(midnight(day))))
            .add_option(end.map(|day| Column::At.lt(midnight(day))))
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
