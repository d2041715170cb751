//! The paths, one module a resource; each with its request (`…In`, `…Patch`) and response (`…Out`)
//! types.

// The macro `utoipa::path` writes them.
#![allow(unused_qualifications)]

pub mod api_tokens;
pub mod approvals;
pub mod artifacts;
pub mod audit;
pub mod auth;
pub mod books_export;
pub mod cash_flows;
pub mod deployments;
pub mod docs;
pub mod executions;
pub mod health;
pub mod imports;
pub mod job_modes;
pub mod job_work;
pub mod jobs;
pub mod lots;
pub mod messages;
mod pack_choice;
pub mod pack_diff;
pub mod pack_export;
pub mod pack_rows;
pub mod pack_state;
pub mod pack_steps;
pub mod packs;
pub mod patterns;
pub mod portfolios;
pub mod positions;
pub mod realized_gains;
pub mod reconciliations;
pub mod schedules;
pub mod securities;
pub mod shares;
pub mod signals;
pub mod thread_events;
pub mod threads;
pub mod token_budgets;
pub mod token_reservations;
pub mod token_stats;
pub mod tokens;
pub mod transactions;
pub mod users;

use actix_web::{FromRequest, Handler, Resource, Responder, web, web::ServiceConfig};
use entity::values::PortfolioId;

/// A path with GET, and HEAD along with it.
fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    F::Output: Responder + 'static,
    Args: FromRequest + 'static,
{
    web::resource(path).get(handler.clone()).head(handler)
}

/// For the audit log: portfolios that have changed along, through transfers.
fn also_changed(portfolios: &[PortfolioId]) -> Option<Vec<String>> {
    let ids = portfolios.iter().map(PortfolioId::to_string);
    Some(ids.collect()).filter(|ids: &Vec<String>| !ids.is_empty())
}

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable(
            "/v1/portfolios/{id}/positions",
            positions::list_positions,
        ))
        .service(readable("/v1/packs/latest", packs::get_latest_pack));
    for configure_resource in [
        health::configure,
        docs::configure,
        auth::configure,
        users::configure,
        api_tokens::configure,
        shares::configure,
        portfolios::configure,
        transactions::configure,
        lots::configure,
        realized_gains::configure,
        cash_flows::configure,
        books_export::configure,
        imports::configure,
        reconciliations::configure,
        securities::configure,
        packs::configure,
        pack_rows::configure,
        pack_state::configure,
        pack_steps::configure,
        pack_diff::configure,
        pack_export::configure,
        patterns::configure,
        executions::configure,
        threads::configure,
        messages::configure,
        thread_events::configure,
        artifacts::configure,
        signals::configure,
        job_work::configure,
        jobs::configure,
        job_modes::configure,
        schedules::configure,
        approvals::configure,
        tokens::configure,
        token_stats::configure,
        token_budgets::configure,
        token_reservations::configure,
        deployments::configure,
        audit::configure,
    ] {
        configure_resource(config);
    }
}
