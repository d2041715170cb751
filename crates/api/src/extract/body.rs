//! Bodies: JSON as a type, and text; both of a bounded length.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    web::Data,
};
use bytes::{Bytes, BytesMut};
use mime::Mime;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    AppState,
    edge::deadlines::BodyReader,
    problem::{Problem, kinds},
};

/// A JSON body, read as `T`, with its bytes as they came.
pub struct Body<T> {
    pub value: T,
    pub bytes: Bytes,
}

/// A body of plain text.
pub struct TextBody {
    pub text: String,
}

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            if content_kind(&request)? != ContentKind::Json {
                return Err(wrong_media_type("application/json"));
            }
            let limit = limits(&request).0;
            let bytes = read_limited(&request, payload, limit).await?;
            Ok(Self {
                value: parse(&bytes)?,
                bytes,
            })
        })
    }
}

impl FromRequest for TextBody {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            if !matches!(
                content_kind(&request)?,
                ContentKind::Text | ContentKind::None
            ) {
                return Err(wrong_media_type("text/plain"));
            }
            let limit = limits(&request).1;
            let bytes = read_limited(&request, payload, limit).await?;
            let text = String::from_utf8(bytes.into()).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                Problem::new(
                    kinds::BODY_INVALID,
                    format!("the body is not UTF-8 at byte {at}"),
                )
            })?;
            if let Some(at) = text.find('\0') {
                let detail = format!("the body holds a NUL character at byte {at}");
                return Err(Problem::new(kinds::BODY_INVALID, detail));
            }
            Ok(Self { text })
        })
    }
}

fn limits(request: &HttpRequest) -> (usize, usize) {
    request
        .app_data::<Data<AppState>>()
        .map_or((0, 0), |state| {
            (state.config.max_body_bytes, state.config.max_import_bytes)
        })
}

/// What a body is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentKind {
    Json,
    NdJson,
    Csv,
    Text,
    None,
    Other,
}

/// Reads `Content-Type`; a compressed body is refused.
pub fn content_kind(request: &HttpRequest) -> Result<ContentKind, Problem> {
    let encoding = request.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(
            kinds::MEDIA_TYPE,
            "send the body without Content-Encoding",
        ));
    }
    let Some(value) = request.headers().get(CONTENT_TYPE) else {
        return Ok(ContentKind::None);
    };
    let parsed: Option<Mime> = value.to_str().ok().and_then(|text| text.parse().ok());
    let Some(parsed) = parsed else {
        return Err(Problem::header("Content-Type", "is not a media type"));
    };
    let charset = parsed.get_param(mime::CHARSET);
    if charset.is_some_and(|charset| charset != "utf-8") {
        return Err(Problem::new(kinds::MEDIA_TYPE, "send the body in UTF-8"));
    }
    Ok(match (parsed.type_().as_str(), parsed.subtype().as_str()) {
        ("application", "json") => ContentKind::Json,
        ("application", "merge-patch") if parsed.suffix() == Some(mime::JSON) => ContentKind::Json,
        ("application", "x-ndjson") => ContentKind::NdJson,
        ("text", "csv") => ContentKind::Csv,
        ("text", "plain" | "x-beancount") => ContentKind::Text,
        _ => ContentKind::Other,
    })
}

pub fn wrong_media_type(wanted: &str) -> Problem {
    Problem::new(
        kinds::MEDIA_TYPE,
        format!("send the body with Content-Type: {wanted}"),
    )
}

/// Reads a whole body into memory, unless it is longer than `limit` bytes, or too slow.
pub async fn read_limited(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("the body may have at most {limit} bytes");
        Problem::new(kinds::BODY_TOO_LARGE, detail)
    };
    let length = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
    if length > limit {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(length.min(FIRST_BUFFER));
    let mut reader = BodyReader::new(request, payload);
    while let Some(chunk) = reader.next().await? {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What a client says of its length is not allocated at once.
const FIRST_BUFFER: usize = 64 * 1024;

pub fn incomplete(error: actix_web::error::PayloadError) -> Problem {
    Problem::new(kinds::BODY_INVALID, "the body did not arrive whole").caused_by(error)
}

pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let detail = error.inner().to_string();
        Problem::new(kinds::BODY_INVALID, detail.clone()).at_pointer(pointer(error.path()), detail)
    })?;
    reader.end().map_err(|error| {
        Problem::new(kinds::BODY_INVALID, error.to_string()).at_pointer("", error.to_string())
    })?;
    refuse_nul(bytes)?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    let mut pointer = String::new();
    for segment in path {
        let text = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&text);
    }
    pointer
}

/// Only the escape can bring one: JSON allows no control character as it is.
fn refuse_nul(bytes: &[u8]) -> Result<(), Problem> {
    if !bytes.windows(6).any(|six| six == b"\\u0000") {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    match find_nul(&value, String::new()) {
        Some(pointer) => {
            let detail = "a text holds a NUL character";
            Err(Problem::new(kinds::BODY_INVALID, detail).at_pointer(pointer, detail))
        }
        None => Ok(()),
    }
}

fn find_nul(value: &Value, at: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(at),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| find_nul(item, format!("{at}/{index}")))
        }
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            if key.contains('\0') {
                Some(at.clone())
            } else {
                find_nul(member, format!("{at}/{key}"))
            }
        }),
        _ => None,
    }
}
