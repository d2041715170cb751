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

    /// The page of a list that is there whole, in the order of its keys.
    pub fn of<T>(&self, items: Vec<T>, key: impl Fn(&T) -> K) -> Listed<T>
    where
        K: Ord,
    {
        let fetched = usize::try_from(self.fetch_limit()).unwrap_or(usize::MAX);
        let from = self
            .after
            .as_ref()
            .map_or(0, |known| items.partition_point(|item| key(item) <= *known));
        self.cut(items.into_iter().skip(from).take(fetched).collect())
    }

    /// Makes the answer from up to [`Page::fetch_limit`] rows.
    pub fn cut<T>(&self, mut items: Vec<T>) -> Listed<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Listed { items, has_more }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn pages_of_a_whole_list_go_on_behind_a_key_that_is_gone() {
        let page = |after, limit| Page { after, limit };
        let all = vec![1, 3, 5, 7];
        let listed = page(None, 2).of(all.clone(), |number| *number);
        assert_eq!((listed.items, listed.has_more), (vec![1, 3], true));
        let listed = page(Some(4), 2).of(all.clone(), |number| *number);
        assert_eq!((listed.items, listed.has_more), (vec![5, 7], false));
        let listed = page(Some(7), u64::MAX).of(all, |number| *number);
        assert_eq!((listed.items, listed.has_more), (vec![], false));
    }
}
