//! Pages of a list by keyset: what comes after a known row, so that inserts never shift a page.

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// The key of the last row that is known; `None` for the beginning.
    pub after: Option<K>,
    /// At most this many rows.
    pub limit: u64,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Whether rows follow the last one here.
    pub has_more: bool,
}

impl<K> Page<K> {
    /// One row more than is wanted tells whether there are others.
    pub fn fetch_limit(&self) -> u64 {
        self.limit.saturating_add(1).min(i64::MAX.unsigned_abs())
    }

    /// Makes the answer from up to [`Page::fetch_limit`] rows.
    pub fn cut<T>(&self, mut items: Vec<T>) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Listed { items, has_more }
    }
}
