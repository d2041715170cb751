//! Pages of a list, as every crate has them.

pub use db::page::{Listed, Page};
