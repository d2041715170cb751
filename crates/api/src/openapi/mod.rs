//! The published contract, made from the handlers and their types.

mod answers;
mod parameters;
mod refusals;
mod security;

use answers::WholeAnswers;
use parameters::ParameterRules;
use refusals::Refusals;
use security::Security;
use utoipa::{OpenApi, openapi::path::Operation};

use crate::{
    problem::{BudgetAtFault, FieldError, ProblemOut},
    routes::{
        api_tokens, approvals, artifacts, audit, auth, books_export, cash_flows, deployments, docs,
        executions, health, imports, job_modes, job_work, jobs, lots, messages, pack_diff,
        pack_export, pack_rows, pack_state, pack_steps, packs, patterns, portfolios, positions,
        realized_gains, reconciliations, schedules, securities, shares, signals, thread_events,
        threads, token_budgets, token_reservations, token_stats, tokens, transactions, users,
    },
    schema,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tallystick",
        description = "A portfolio back end whose every number can be reproduced.\n\n\
            Decimals are strings, ratios plain fractions, instants RFC 3339 in UTC. Errors are \
            `application/problem+json` with a stable `code`. Every POST under `/v1` takes an \
            `Idempotency-Key`: for 24 hours its repetition gets the first answer (a signal has an id of \
            its own instead). `X-Request-Id` is \
            echoed, or made. Where the database has replicas, the answer to a write carries \
            `Tallystick-Position`; a read that sends it back sees at least that write.\n\n\
            Requests carry `Authorization: Bearer` with the access token of a session or the token \
            of a program. Another user's books are not there (404), unless a portfolio is shared. \
            While the service listens on loopback alone, it answers neither requests that name \
            another host (421) nor those that come from another site's page (403).",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        auth::log_in,
        auth::refresh_session,
        auth::log_out,
        auth::change_password,
        users::get_me,
        users::update_me,
        api_tokens::create_api_token,
        api_tokens::list_api_tokens,
        api_tokens::get_api_token,
        api_tokens::revoke_api_token,
        users::add_user,
        users::list_users,
        users::get_user,
        users::update_user,
        users::set_password,
        users::end_sessions,
        portfolios::create_portfolio,
        portfolios::list_portfolios,
        portfolios::get_portfolio,
        portfolios::update_portfolio,
        portfolios::delete_portfolio,
        positions::list_positions,
        shares::share_portfolio,
        shares::list_shares,
        shares::withdraw_share,
        shares::list_shared_portfolios,
        transactions::record_transactions,
        transactions::list_transactions,
        transactions::void_transaction,
        lots::list_lots,
        realized_gains::list_realized_gains,
        cash_flows::list_cash_flows,
        books_export::export_books,
        imports::import_ledger,
        imports::get_import,
        reconciliations::reconcile_portfolio,
        reconciliations::list_reconciliations,
        reconciliations::get_reconciliation,
        securities::create_security,
        securities::list_securities,
        securities::get_security,
        packs::create_pack,
        packs::list_packs,
        packs::get_latest_pack,
        packs::get_pack,
        pack_rows::list_prices,
        pack_rows::load_prices,
        pack_rows::list_fx_rates,
        pack_rows::load_fx_rates,
        pack_state::mark_pack_fresh,
        pack_state::mark_pack_failed,
        pack_state::restate_pack,
        pack_state::verify_pack,
        pack_state::get_proof,
        pack_diff::diff_packs,
        pack_export::export_pack,
        pack_steps::list_pack_steps,
        patterns::list_patterns,
        patterns::get_pattern,
        executions::execute_pattern,
        executions::list_executions,
        executions::get_execution,
        executions::replay_execution,
        threads::put_thread,
        threads::list_threads,
        threads::get_thread,
        thread_events::stream_thread_events,
        messages::post_message,
        messages::list_messages,
        messages::search_messages,
        messages::get_message,
        messages::delete_message,
        artifacts::attach_artifact,
        artifacts::list_artifacts,
        artifacts::get_artifact,
        artifacts::update_artifact,
        artifacts::list_artifact_revisions,
        signals::receive_signal,
        jobs::enqueue_jobs,
        jobs::list_jobs,
        jobs::get_job,
        jobs::get_job_history,
        jobs::cancel_job,
        jobs::cancel_jobs_of_thread,
        jobs::redrive_job,
        job_modes::list_paused_modes,
        job_modes::pause_mode,
        job_modes::resume_mode,
        job_work::claim_jobs,
        job_work::extend_lease,
        job_work::complete_job,
        job_work::complete_jobs,
        job_work::fail_job,
        job_work::park_job,
        schedules::create_schedule,
        schedules::list_schedules,
        schedules::get_schedule,
        schedules::update_schedule,
        schedules::delete_schedule,
        approvals::propose_action,
        approvals::list_approvals,
        approvals::get_approval,
        approvals::vote_on_approval,
        approvals::consume_approval,
        approvals::cancel_approval,
        approvals::list_shared_approvals,
        tokens::log_token_usage,
        tokens::list_token_usage,
        token_stats::get_daily_token_usage,
        token_stats::get_token_stats,
        token_budgets::set_token_budget,
        token_budgets::list_token_budgets,
        token_budgets::get_token_budget,
        token_budgets::delete_token_budget,
        token_reservations::reserve_tokens,
        token_reservations::list_token_reservations,
        token_reservations::get_token_reservation,
        token_reservations::settle_token_reservation,
        token_reservations::release_token_reservation,
        deployments::create_deployment,
        deployments::list_deployments,
        deployments::get_latest_deployment,
        deployments::get_deployment,
        deployments::update_deployment,
        audit::list_audit_entries,
        audit::verify_audit_log,
        health::get_liveness,
        health::get_health,
        health::get_pack_health,
        health::get_database_health,
        health::get_readiness,
        health::get_version,
        health::get_metrics,
        docs::get_openapi,
        docs::get_problem_kind,
    ),
    components(schemas(
        ProblemOut, FieldError, BudgetAtFault, schema::Decimal, schema::CalendarDate,
    )),
    tags(
        (name = "Accounts", description = "Who may come in, and what they may do"),
        (name = "Portfolios", description = "The books: what is held, and what it is worth"),
        (name = "Books", description = "What was recorded: transactions, lots, and gains"),
        (name = "Securities", description = "What can be held and priced"),
        (name = "Pricing packs", description = "Dated sets of prices and rates, frozen by a hash"),
        (name = "Patterns", description = "Named, repeatable analyses, and their runs"),
        (name = "Threads", description = "Conversations: messages, and what came with them"),
        (name = "Signals", description = "What other programs tell, signed"),
        (name = "Jobs", description = "Work that threads ask for, and the workers who do it"),
        (name = "Approvals", description = "What a job may do once people have agreed to it"),
        (name = "Tokens", description = "What calls of models use and cost, and what they may use"),
        (name = "Deployments", description = "Versions on their way to where they run"),
        (name = "Audit", description = "Who did what, in rows that are sealed over one another"),
        (name = "Health", description = "Whether it works, and what it is"),
    ),
    modifiers(&WholeAnswers, &ParameterRules, &Security, &Refusals),
)]
struct Document;

/// The document as it is published: indented, ending in a line feed.
pub fn json() -> String {
    let mut text = Document::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn operations(
    document: &mut utoipa::openapi::OpenApi,
) -> impl Iterator<Item = (&str, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let methods = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        methods
            .into_iter()
            .flatten()
            .map(move |operation| (path.as_str(), operation))
    })
}
