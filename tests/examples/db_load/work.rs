//! What the clients ask: the statements of the product, or those of the bench.

use anyhow::{Context, Result, bail};
use chrono::{NaiveDate, SubsecRound, Utc};
use db::{Database, Reader, Tx};
use entity::{
    books::security,
    pricing::pack,
    values::{Money, Price, Quantity, Rate, SecurityId, SecurityKind},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QueryResult, Statement,
};
use uuid::Uuid;

use crate::arguments::Arguments;

const POSITIONS: &str = include_str!("../../../xtask/src/bench/db/sql/positions.sql");

#[derive(Clone, Debug)]
pub enum Work {
    PackById {
        id: String,
    },
    LatestPack {
        policy: String,
    },
    Positions(Statement),
    /// The same for a user whom the database is told of.
    OwnPositions(Uuid, Statement),
    Insert,
}

/// A lot with its security and its price.
#[derive(Debug)]
#[allow(dead_code)]
struct PricedLot {
    id: SecurityId,
    symbol: String,
    name: String,
    kind: SecurityKind,
    acquired_on: NaiveDate,
    quantity_open: Quantity,
    unit_cost: Price,
    cost_basis: Money,
    cost_currency: String,
    fx_rate: Option<Rate>,
    close: Option<Price>,
    currency: Option<String>,
}

/// By place, as the statement lists them: fifty rows of twelve names are 600 look-ups.
impl FromQueryResult for PricedLot {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get_by_index(0)?,
            symbol: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            kind: row.try_get_by_index(3)?,
            acquired_on: row.try_get_by_index(4)?,
            quantity_open: row.try_get_by_index(5)?,
            unit_cost: row.try_get_by_index(6)?,
            cost_basis: row.try_get_by_index(7)?,
            cost_currency: row.try_get_by_index(8)?,
            fx_rate: row.try_get_by_index(9)?,
            close: row.try_get_by_index(10)?,
            currency: row.try_get_by_index(11)?,
        })
    }
}

impl Work {
    pub fn new(what: &str, arguments: &Arguments) -> Result<Self> {
        let text = |name| arguments.text(name).map(str::to_owned);
        let id = |name| -> Result<Uuid> { Ok(arguments.text(name)?.parse()?) };
        Ok(match what {
            "pack_by_id" => Self::PackById { id: text("pack")? },
            "latest_pack" => Self::LatestPack {
                policy: text("policy")?,
            },
            "positions" | "own_positions" => {
                let owner = id("owner")?;
                let values = [owner.into(), id("portfolio")?.into(), text("pack")?.into()];
                let backend = DbBackend::Postgres;
                let statement = Statement::from_sql_and_values(backend, POSITIONS, values);
                if what == "positions" {
                    Self::Positions(statement)
                } else {
                    Self::OwnPositions(owner, statement)
                }
            }
            "insert" => Self::Insert,
            unknown => bail!("unknown work: {unknown}"),
        })
    }

    pub async fn once(&self, database: &Database) -> Result<()> {
        let reader = database.reader();
        match self {
            Self::PackById { id } => {
                let found = pack::Entity::find_by_id(id).one(reader).await?;
                found.map(drop).context("the pack is gone")
            }
            Self::LatestPack { policy } => {
                let newest = pack::Entity::find()
                    .filter(pack::Column::Policy.eq(policy))
                    .filter(pack::Column::SupersededBy.is_null())
                    .order_by_desc(pack::Column::AsofDate);
                newest.one(reader).await?.map(drop).context("no pack")
            }
            Self::Positions(statement) => read_lots(reader, statement).await,
            Self::OwnPositions(owner, statement) => {
                let own = database.for_tenant(*owner);
                read_lots(own.reader(), statement).await
            }
            Self::Insert => insert(database).await,
        }
    }
}

async fn read_lots(reader: &Reader, statement: &Statement) -> Result<()> {
    let lots = PricedLot::find_by_statement(statement.clone());
    let found = lots.all(reader).await?;
    found.first().map(drop).context("the portfolio is empty")
}

async fn insert(database: &Database) -> Result<()> {
    let (id, now) = (SecurityId::new(), Utc::now().trunc_subsecs(6));
    let made = security::Model {
        id,
        symbol: id.0.simple().to_string(),
        name: "Made under load".to_owned(),
        kind: SecurityKind::Equity,
        currency: "USD".to_owned(),
        exchange: None,
        isin: None,
        figi: None,
        sector: None,
        country: None,
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    let unit = move |tx| store(tx, made.clone());
    Ok(database.write(unit).await?)
}

async fn store(tx: Tx, made: security::Model) -> Result<(), db::Error> {
    let row = made.into_active_model().reset_all();
    security::Entity::insert(row)
        .exec_without_returning(&tx)
        .await?;
    Ok(())
}
