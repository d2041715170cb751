//! The series as `TimescaleDB`'s hypertables, where the operator asks for it.

use db::Engine;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Schema;
use crate::Error;

impl Schema {
    /// Tells the migrations of the choice, for as long as this connection lives.
    pub(super) async fn announce_timescale(&self) -> Result<(), Error> {
        if self.is_timescale() {
            let set = "SELECT set_config('tallystick.timescale', 'on', false)";
            self.connection.execute_unprepared(set).await?;
        }
        Ok(())
    }

    /// Fails where hypertables were asked for and cannot be had.
    pub(super) async fn require_timescale(&self) -> Result<(), Error> {
        if !self.is_timescale() {
            return Ok(());
        }
        let ask = "SELECT
            EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'timescaledb') AS is_there,
            EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb') AS is_available,
            EXISTS (SELECT 1 FROM pg_class WHERE oid = to_regclass('portfolio_daily_values')
                AND relkind = 'p') AS is_partitioned";
        let ask = Statement::from_string(DbBackend::Postgres, ask);
        let row = self.connection.query_one_raw(ask).await?;
        let Some(row) = row else { return Ok(()) };
        if row.try_get("", "is_partitioned")? {
            return Err(Error::TimescaleTooLate);
        }
        let is_available: bool = row.try_get("", "is_available")?;
        if row.try_get("", "is_there")? {
            Ok(())
        } else {
            Err(Error::NoTimescale { is_available })
        }
    }

    fn is_timescale(&self) -> bool {
        self.options.timescale && self.engine == Engine::Postgres
    }
}
