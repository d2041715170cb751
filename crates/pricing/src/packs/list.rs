use chrono::NaiveDate;
use entity::{books::security, pricing::pack, values::PackStatus};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{
    find,
    read::{StoredPrice, stored_fx_rates, stored_prices},
};
use crate::{
    Error,
    content::{FxRow, PriceRow},
    page::{Listed, Page},
};

/// Which packs to list; what is absent does not narrow the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub policy: Option<String>,
    pub status: Option<PackStatus>,
    /// The earliest date.
    pub from: Option<NaiveDate>,
    /// The latest date.
    pub to: Option<NaiveDate>,
}

/// The newest first, by date and then id, which are the key of the page.
pub async fn list(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: &Page<(NaiveDate, String)>,
) -> Result<Listed<pack::Model>, Error> {
    let (asof_date, id) = (pack::Column::AsofDate, pack::Column::Id);
    let before = page.after.as_ref().map(|(date, last_id)| {
        let earlier = Condition::any()
            .add(asof_date.lt(*date))
            .add(id.lt(last_id));
        Condition::all().add(asof_date.lte(*date)).add(earlier)
    });
    let wanted = Condition::all()
        .add_option(
            filter
                .policy
                .as_deref()
                .map(|policy| pack::Column::Policy.eq(policy)),
        )
        .add_option(filter.status.map(|status| pack::Column::Status.eq(status)))
        .add_option(filter.from.map(|date| asof_date.gte(date)))
        .add_option(filter.to.map(|date| asof_date.lte(date)))
        .add_option(before);
    let packs = pack::Entity::find()
        .filter(wanted)
        .order_by_desc(asof_date)
        .order_by_desc(id)
        .limit(page.fetch_limit())
        .all(db)
        .await?;
    Ok(page.cut(packs))
}

/// A pack's prices by symbol.
pub async fn prices(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    page: &Page<String>,
) -> Result<Listed<PriceRow>, Error> {
    let pack = find(ctx, db, id).await?;
    let symbol = security::Column::Symbol;
    let after = page.after.as_deref().map(|last| symbol.gt(last));
    let rows = stored_prices(&pack.id)
        .filter(Condition::all().add_option(after))
        .order_by_asc(symbol)
        .limit(page.fetch_limit())
        .into_model::<StoredPrice>()
        .all(db)
        .await?;
    let rows = rows.into_iter().map(PriceRow::from).collect();
    Ok(page.cut(rows))
}

/// A pack's rates by base and quote, which are the key of the page.
pub async fn fx_rates(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    page: &Page<(String, String)>,
) -> Result<Listed<FxRow>, Error> {
    let pack = find(ctx, db, id).await?;
    let limit = page.fetch_limit();
    let rows = stored_fx_rates(&pack.id, page.after.as_ref(), limit)
        .all(db)
        .await?;
    let rows = rows.into_iter().map(FxRow::from).collect();
    Ok(page.cut(rows))
}
