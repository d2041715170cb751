//! The product's own table of transitions, so that the model cannot know another one.

pub use workflow::jobs::transition::{is_open, next};
