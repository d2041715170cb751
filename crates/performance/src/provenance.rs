/// The version of the rules that turn books and prices into figures. It changes when any figure
/// could, so that a replay knows whether the same program speaks.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where a figure comes from, so that whoever holds it can check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    pub pricing_pack_id: Option<String>,
    pub pack_hash: Option<String>,
    /// HEAD of the git repository that holds the ledger; `None` where there is none.
    pub ledger_commit_hash: Option<String>,
    /// 0 where the figures come from a file and not from books.
    pub books_revision: i64,
    pub engine_version: &'static str,
}
