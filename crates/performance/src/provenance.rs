use entity::pricing::pack;

use crate::valuation::Warning;

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

impl Provenance {
    pub(crate) fn of(pack: Option<&pack::Model>, head: &LedgerHead, books_revision: i64) -> Self {
        Self {
            pricing_pack_id: pack.map(|pack| pack.id.clone()),
            pack_hash: pack.and_then(|pack| pack.hash.clone()),
            ledger_commit_hash: head.commit.clone(),
            books_revision,
            engine_version: ENGINE_VERSION,
        }
    }
}

/// HEAD of the ledger's repository, or why it is not known; never made up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerHead {
    pub commit: Option<String>,
    pub warning: Option<String>,
}

impl LedgerHead {
    pub fn as_warning(&self) -> Option<Warning> {
        let detail = self.warning.clone()?;
        Some(Warning {
            code: "ledger_commit_unknown",
            detail,
        })
    }
}
