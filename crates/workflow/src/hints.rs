//! On which channels the database tells that something has changed ([`db::hints`]).

/// Something was appended to a thread's stream; the text is the thread's id.
pub const THREADS: &str = "threads";

/// There are jobs that may be claimed.
pub const JOBS: &str = "jobs";
