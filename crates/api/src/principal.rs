//! Who asks, by the credentials of a request.
//!
//! A signature proves who a session's token was given to; what its owner may do now is read from the
//! primary for each request, so that whatever ends a session or a token ends it at once. Requests that come
//! at the same moment with the same credentials share one reading.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use chrono::{DateTime, Utc};
use db::{Database, Reads};
use entity::values::{ApiTokenId, SessionId, UserId, UserRole};
use identity::{
    Actor, ApiToken, Scopes,
    access_tokens::{Claims, Refused},
    sessions::{self, Standing, StandingKey, StandsBy},
};
use uuid::fmt::Simple;

use crate::{
    AppState,
    access::Who,
    guard,
    problem::{Problem, kinds},
    shared_reads::SharedReads,
};

/// Who asks: a user in a session, or a program with a user's token.
#[derive(Clone, Debug)]
pub struct Principal {
    pub actor: Actor,
    pub user_id: UserId,
    pub role: UserRole,
    /// What a program's token is good for; `None` in a session, which is good for all.
    pub scopes: Option<Scopes>,
    /// `None` for a program.
    pub session: Option<SessionId>,
}

impl Principal {
    /// Which session or which program's token this is.
    pub fn credential(&self) -> Simple {
        let session = self.session.map(|session| session.0);
        let token = self.actor.token_id.map(|token| token.0);
        session.or(token).unwrap_or(self.user_id.0).simple()
    }
}

/// What users and tokens are good for at the moment.
pub type Standings = SharedReads<StandingKey, Result<Option<Standing>, Problem>>;

pub fn share_standings(database: &Database) -> Standings {
    let primary = database.for_caller(Reads::Primary, None);
    SharedReads::start_in_batches(move |keys: Vec<StandingKey>| {
        let database = primary.clone();
        async move {
            match sessions::standing(database.reader(), &keys).await {
                Ok(found) => keys.into_iter().zip(found.into_iter().map(Ok)).collect(),
                Err(error) => {
                    let problem = Problem::from(error);
                    keys.into_iter()
                        .map(|key| (key, Err(problem.clone())))
                        .collect()
                }
            }
        }
    })
}

/// Credentials that look like this service's own: what they are good for is still to be asked.
pub enum Shown {
    Session(Claims),
    Program { hash: String },
}

/// How the tokens of programs begin.
const PROGRAMS: &str = "tsk_";

impl Shown {
    /// What a request's `Authorization` shows; asks nobody.
    pub fn read(state: &AppState, headers: &HeaderMap) -> Result<Self, Problem> {
        Self::of_token(state, bearer_token(headers)?)
    }

    fn of_token(state: &AppState, token: &str) -> Result<Self, Problem> {
        if token.starts_with(PROGRAMS) {
            let token = ApiToken::parse(token).map_err(|_| unknown_token())?;
            return Ok(Self::Program { hash: token.hash() });
        }
        let claims = state.security.access_tokens.verify(token);
        claims.map(Self::Session).map_err(refused)
    }

    /// Who it is that shows them, if they are good for anything now.
    pub async fn stand(self, state: &AppState) -> Result<Principal, Problem> {
        match self {
            Self::Session(claims) => of_session(state, &claims).await,
            Self::Program { hash } => of_program(state, hash).await,
        }
    }
}

/// What was shown for something that lasts longer than a request, to be asked about again and again.
pub struct Credentials {
    token: Box<str>,
    who: Who,
}

impl Credentials {
    /// Those of a request for what `who` may do.
    pub fn of_request(headers: &HeaderMap, who: Who) -> Result<Self, Problem> {
        let token = bearer_token(headers)?.into();
        Ok(Self { token, who })
    }

    /// Fails if they are not good for it now.
    pub async fn check(&self, state: &AppState) -> Result<(), Problem> {
        let shown = Shown::of_token(state, &self.token)?;
        let principal = shown.stand(state).await?;
        if guard::may(Some(&principal), self.who) {
            return Ok(());
        }
        let detail = "the credentials are not good for this any more";
        Err(Problem::new(kinds::PERMISSION_DENIED, detail))
    }
}

async fn of_session(state: &AppState, claims: &Claims) -> Result<Principal, Problem> {
    let (user, session) = (claims.sub, claims.sid);
    let key = StandingKey::Session { user, session };
    let standing = state.standings.ask(key).await??;
    let stands = standing.filter(|now| {
        let is_session = now.by == StandsBy::Session;
        now.user == user && now.is_active && is_session && now.session_version == claims.sv
    });
    let standing = stands.ok_or_else(|| invalid("the session has ended; log in again"))?;
    Ok(Principal {
        actor: Actor::user(user),
        user_id: user,
        role: standing.role,
        scopes: None,
        session: Some(session),
    })
}

fn refused(refused: Refused) -> Problem {
    if refused == Refused::Expired {
        let advice = "the access token has expired; get another one with the refresh token";
        return Problem::new(kinds::TOKEN_EXPIRED, advice);
    }
    invalid("the access token is not one of this service").caused_by(refused)
}

async fn of_program(state: &AppState, hash: String) -> Result<Principal, Problem> {
    let key = StandingKey::Token { hash };
    let standing = state.standings.ask(key).await??.ok_or_else(unknown_token)?;
    let now = state.clock.now();
    let (id, scopes) = good_for(&standing, now).ok_or_else(unknown_token)?;
    state.token_uses.note(id, now);
    Ok(Principal {
        actor: Actor::token(standing.user, id),
        user_id: standing.user,
        role: standing.role,
        scopes: Some(scopes),
        session: None,
    })
}

fn unknown_token() -> Problem {
    invalid("the token is unknown, expired or revoked, or its owner is disabled")
}

fn good_for(standing: &Standing, now: DateTime<Utc>) -> Option<(ApiTokenId, Scopes)> {
    match standing.by {
        StandsBy::Token {
            id,
            scopes,
            expires_at,
            revoked_at: None,
        } if standing.is_active && expires_at.is_none_or(|end| now < end) => Some((id, scopes)),
        _ => None,
    }
}

pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(AUTHORIZATION);
    let Some(value) = given.next() else {
        let advice = "send Authorization: Bearer with an access token or the token of a program";
        return Err(Problem::new(kinds::CREDENTIALS_MISSING, advice));
    };
    if given.next().is_some() {
        return Err(invalid("Authorization is there more than once"));
    }
    let text = value.to_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        return Ok(token);
    }
    Err(invalid("Authorization is not of the form Bearer <token>"))
}

pub fn invalid(detail: &str) -> Problem {
    Problem::new(kinds::CREDENTIALS_INVALID, detail)
}
