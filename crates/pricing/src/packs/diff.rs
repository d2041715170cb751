use entity::pricing::pack;
use identity::Ctx;
use sea_orm::ConnectionTrait;

use super::{content, find};
use crate::{
    Error,
    content::{RowChange, RowKey, diff as diff_contents},
    page::{Listed, Page},
};

/// Two packs, and the rows that they do not have alike.
#[derive(Clone, Debug, PartialEq)]
pub struct PackDiff {
    pub old: pack::Model,
    pub new: pack::Model,
    /// In the order of their keys.
    pub changes: Vec<RowChange>,
}

/// Compares what two packs hold, whatever their dates, policies and statuses.
///
/// The caller's connection should be one snapshot, so that a warming pack is not compared half-loaded.
pub async fn diff(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    old: &str,
    new: &str,
) -> Result<PackDiff, Error> {
    let old_content = content(ctx, db, old).await?;
    let new_content = content(ctx, db, new).await?;
    Ok(PackDiff {
        old: find(ctx, db, old).await?,
        new: find(ctx, db, new).await?,
        changes: diff_contents(&old_content, &new_content),
    })
}

impl PackDiff {
    /// A part of the changes, by their keys.
    pub fn page(&self, page: &Page<RowKey>) -> Listed<RowChange> {
        let after = page.after.as_ref();
        let from = self
            .changes
            .partition_point(|row| after.is_some_and(|after| row.key <= *after));
        let wanted = usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX);
        page.cut(
            self.changes
                .iter()
                .skip(from)
                .take(wanted)
                .cloned()
                .collect(),
        )
    }
}
