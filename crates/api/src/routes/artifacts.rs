//! `/v1/messages/{id}/artifacts` and `/v1/artifacts/{id}`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    values::{self, ArtifactId, MessageId},
    workflow::{artifact, artifact_revision},
};
use identity::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use workflow::artifacts;

use super::readable;
use crate::{
    answer::{Answer, show},
    change::change,
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Body, Call, Limit, UrlPath},
    idempotency,
    problem::Problem,
    schema,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/messages/{id}/artifacts", list_artifacts).post(attach_artifact))
        .service(readable("/v1/artifacts/{id}", get_artifact).route(web::put().to(update_artifact)))
        .service(readable(
            "/v1/artifacts/{id}/revisions",
            list_artifact_revisions,
        ));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactIn {
    #[schema(value_type = schema::ArtifactKind)]
    pub kind: values::ArtifactKind,
    /// Any JSON; content, a `uri` or both must be there.
    #[schema(value_type = Value)]
    pub content: Option<Value>,
    /// Where the content is, if not here; on one line.
    #[schema(min_length = 1, max_length = 2000)]
    pub uri: Option<String>,
}

/// What an artifact is to hold from now on: all of it, and not what is left out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtifactContentIn {
    /// Any JSON; content, a `uri` or both must be there.
    #[schema(value_type = Value)]
    pub content: Option<Value>,
    /// Where the content is, if not here; on one line.
    #[schema(min_length = 1, max_length = 2000)]
    pub uri: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ArtifactId,
    #[schema(value_type = uuid::Uuid)]
    pub message_id: MessageId,
    #[schema(value_type = schema::ArtifactKind)]
    pub kind: values::ArtifactKind,
    pub content: Value,
    pub uri: Option<String>,
    /// From 1; grows with each change.
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<artifact::Model> for ArtifactOut {
    fn from(artifact: artifact::Model) -> Self {
        Self {
            id: artifact.id,
            message_id: artifact.message_id,
            kind: artifact.kind,
            content: artifact.content_json.unwrap_or_default(),
            uri: artifact.uri,
            revision: artifact.revision,
            created_at: artifact.created_at,
            updated_at: artifact.updated_at.unwrap_or(artifact.created_at),
        }
    }
}

fn etag_of(artifact: &artifact::Model) -> Etag {
    Etag::of_parts(&[&artifact.id.to_string(), &artifact.revision.to_string()])
}

/// Attaches JSON, a link or both to a message.
#[utoipa::path(
    post, path = "/v1/messages/{id}/artifacts", tag = "Threads", request_body = ArtifactIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Attached", body = ArtifactOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 404, description = "`message_not_found`: also if it is deleted"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn attach_artifact(
    call: Call,
    UrlPath(message): UrlPath<MessageId>,
    body: Body<ArtifactIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let ArtifactIn { kind, content, uri } = value;
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let made = artifacts::attach(ctx, tx, message, kind, content.clone(), uri.clone()).await?;
        let (location, etag) = (format!("/v1/artifacts/{}", made.id), etag_of(&made));
        Ok(Answer::created(location, &ArtifactOut::from(made))?.with_etag(etag))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListArtifacts {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The artifacts of a message, in the order of their making.
#[utoipa::path(
    get, path = "/v1/messages/{id}/artifacts", tag = "Threads",
    params(("id" = uuid::Uuid, Path), ListArtifacts),
    responses(
        (status = 200, description = "A page", body = ListOut<ArtifactOut>),
        (status = 404, description = "`message_not_found`"),
    ),
)]
pub async fn list_artifacts(
    call: Call<ListArtifacts>,
    UrlPath(message): UrlPath<MessageId>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = artifacts::list(&call.ctx, call.ctx.database.reader(), message, &page).await?;
    let list = ListOut::new(found, |last| last.id, ArtifactOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One artifact.
#[utoipa::path(
    get, path = "/v1/artifacts/{id}", tag = "Threads",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The artifact", body = ArtifactOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`artifact_not_found`"),
    ),
)]
pub async fn get_artifact(
    call: Call,
    UrlPath(id): UrlPath<ArtifactId>,
) -> Result<HttpResponse, Problem> {
    let found = artifacts::find(&call.ctx, call.ctx.database.reader(), id).await?;
    show(&call, etag_of(&found), || ArtifactOut::from(found))
}

/// Gives an artifact other content in its place, and keeps what it held; with `If-Match`, only if it still is as
/// the caller saw it.
#[utoipa::path(
    put, path = "/v1/artifacts/{id}", tag = "Threads", request_body = ArtifactContentIn,
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "It holds this now", body = ArtifactOut,
            headers(("ETag" = String))),
        (status = 404, description = "`artifact_not_found`"),
        (status = 412, description = "`precondition_failed`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn update_artifact(
    call: Call,
    UrlPath(id): UrlPath<ArtifactId>,
    body: Body<ArtifactContentIn>,
) -> Result<HttpResponse, Problem> {
    let ArtifactContentIn { content, uri } = body.value;
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let current = artifacts::find_and_lock(ctx, tx, id).await?;
        call.preconditions.require(&etag_of(&current.artifact))?;
        let updated = artifacts::update(ctx, tx, current, content.clone(), uri.clone()).await?;
        let etag = etag_of(&updated);
        Ok(Answer::ok(&ArtifactOut::from(updated))?.with_etag(etag))
    })
    .await
}

/// What an artifact held before it was changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactRevisionOut {
    pub revision: i64,
    pub content: Value,
    pub uri: Option<String>,
    /// Since when it held this.
    pub created_at: DateTime<Utc>,
}

impl From<artifact_revision::Model> for ArtifactRevisionOut {
    fn from(revision: artifact_revision::Model) -> Self {
        Self {
            revision: revision.revision,
            content: revision.content_json.unwrap_or_default(),
            uri: revision.uri,
            created_at: revision.created_at,
        }
    }
}

/// What an artifact held before its changes, the newest first.
#[utoipa::path(
    get, path = "/v1/artifacts/{id}/revisions", tag = "Threads",
    params(("id" = uuid::Uuid, Path), ListArtifacts),
    responses(
        (status = 200, description = "A page", body = ListOut<ArtifactRevisionOut>),
        (status = 404, description = "`artifact_not_found`"),
    ),
)]
pub async fn list_artifact_revisions(
    call: Call<ListArtifacts>,
    UrlPath(id): UrlPath<ArtifactId>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = artifacts::revisions(&call.ctx, call.ctx.database.reader(), id, &page).await?;
    let list = ListOut::new(found, |last| last.revision, ArtifactRevisionOut::from);
    Ok(Answer::ok(&list)?.into())
}
