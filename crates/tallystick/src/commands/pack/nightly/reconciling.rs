//! The portfolios that are held against their ledgers before a pack is frozen.

use entity::{pricing::pack_build_step::Model, values::StepOutcome};
use identity::{Ctx, users};
use pricing::sources::settings::Reconciled;
use serde_json::json;

use super::sequence::{Failed, Sequence};
use crate::{commands::reconcile, error::Error, session};

impl Sequence<'_> {
    /// One after the other, up to the first that differs: that freezes the pack as bad.
    pub(super) async fn reconcile(&self, step: &Model) -> Result<Model, Failed> {
        let portfolios = &self.sources.reconcile;
        if portfolios.is_empty() {
            let reason = "the file of sources names no portfolio to reconcile";
            return self.skip(step, reason).await;
        }
        for portfolio in portfolios {
            self.hold_against(step, portfolio).await?;
        }
        let detail = json!({ "portfolios": portfolios.len() });
        self.end(step, StepOutcome::Done, detail).await
    }

    async fn hold_against(&self, step: &Model, wanted: &Reconciled) -> Result<(), Failed> {
        let ctx = owner(self.ctx, &wanted.user).await?;
        let path = wanted
            .ledger
            .clone()
            .or_else(|| self.settings.ledger.path.clone())
            .ok_or(Error::NoLedger)?;
        let (name, accounts) = (&wanted.portfolio, wanted.accounts.clone());
        let row = reconcile::with_pack(&ctx, &step.pack_id, name, path, accounts).await?;
        if row.passed {
            return Ok(());
        }
        // Who reads the steps need not know whose portfolio it is: its owner finds it by this id.
        let (id, count) = (row.id, row.difference_count);
        Err(Failed {
            detail: json!({
                "reason": format!("the reconciliation {id} found {count} differences"),
                "reconciliation_id": id.to_string(),
            }),
            reason: format!(
                "the portfolio `{name}` of {} differs from its ledger in {count} places; `tallystick \
                 reconcile` or GET /v1/portfolios/{{id}}/reconciliations tells them ({id})",
                wanted.user
            ),
            is_final: true,
        })
    }
}

async fn owner(ctx: &Ctx, email: &str) -> Result<Ctx, Error> {
    let found = users::find_by_email(ctx, &ctx.shared(), email).await?;
    let user = found.ok_or_else(|| Error::NoSuchUser(email.to_owned()))?;
    Ok(session::operator_of(&ctx.database, user.id))
}
