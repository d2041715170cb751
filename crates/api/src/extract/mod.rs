//! Reading requests strictly: what is malformed is refused with its place, before any work begins.
//!
//! A NUL character is refused everywhere, since no PostgreSQL text can hold one.

mod body;
mod call;
mod path;
mod query;
mod values;

pub use body::{
    Body, ContentKind, TextBody, content_kind, incomplete, parse, read_limited, wrong_media_type,
};
pub use call::{Call, CallersDatabase, LONGEST_KEY, NoParameters};
pub use path::{LONGEST as LONGEST_IN_PATH, UrlPath};
pub use query::{LONGEST as LONGEST_IN_QUERY, check_search, read_query};
pub use values::{Date, DaysBack, Limit, Words, given, present, whole};
