use utoipa::{
    Modify,
    openapi::{
        OpenApi,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use super::{operations, refusals::add_code};
use crate::access::{self, By, Who};

/// What each operation asks of its caller, as the table of [`access`] has it.
pub(super) struct Security;

const SCHEME: &str = "bearer";

impl Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        for (_, operation) in operations(document) {
            let id = operation.operation_id.clone().unwrap_or_default();
            let known = access::OPERATIONS.iter().find(|known| known.id == id);
            match known.map(|known| known.who) {
                Some(Who::Least(role, by)) => {
                    ask_for_credentials(
                        operation,
                        vec![SecurityRequirement::new(SCHEME, NO_SCOPES)],
                    );
                    let needed = match by {
                        By::Any => format!("Needs the role {role}."),
                        By::Token(scope) => {
                            format!("Needs the role {role}, and of a token the scope `{scope}`.")
                        }
                        By::SessionOnly => format!("Needs the role {role}, in a session."),
                    };
                    describe(operation, &needed);
                }
                Some(Who::Scraper) => {
                    let either = vec![
                        SecurityRequirement::default(),
                        SecurityRequirement::new(SCHEME, NO_SCOPES),
                    ];
                    ask_for_credentials(operation, either);
                }
                Some(Who::Anyone | Who::Signer) | None => operation.security = Some(Vec::new()),
            }
        }
        let scheme = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The access token of a session (`POST /v1/auth/login`), or the token of a program \
                 (`tsk_…`).",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(SCHEME, SecurityScheme::Http(scheme));
    }
}

const NO_SCOPES: [&str; 0] = [];

fn ask_for_credentials(operation: &mut Operation, requirements: Vec<SecurityRequirement>) {
    operation.security = Some(requirements);
    for (status, code) in [
        (
            "401",
            "`credentials_missing`, `credentials_invalid`, `token_expired`",
        ),
        ("403", "`permission_denied`"),
        ("503", "`database_unavailable`"),
    ] {
        add_code(operation, status, code);
    }
}

fn describe(operation: &mut Operation, needed: &str) {
    let text = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{text}\n\n{needed}").trim().to_owned());
}
