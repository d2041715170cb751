//! The Merkle tree of RFC 6962, section 2.1, over SHA-256: its hash, audit paths, and their check.

use sha2::{Digest, Sha256};

pub(super) type Hash = [u8; 32];

pub(super) fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(leaf)
        .finalize()
        .into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The hash of a tree whose leaves come one by one, in memory that grows with its height alone.
#[derive(Default)]
pub(super) struct TreeHasher {
    leaves: u64,
    /// The roots of the complete subtrees so far, largest first: one for each bit set in `leaves`.
    roots: Vec<Hash>,
}

impl TreeHasher {
    pub fn push(&mut self, leaf: &[u8]) {
        let mut root = leaf_hash(leaf);
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.roots.push(root);
        self.leaves += 1;
    }

    pub fn finish(self) -> Hash {
        self.roots
            .into_iter()
            .rev()
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// As a pack's hash is written.
    pub fn finish_as_text(self) -> String {
        format!("sha256:{}", hex::encode(self.finish()))
    }
}

/// The audit path of one leaf (RFC 6962, section 2.1.1), from the leaf's sibling up to the root's
/// child; `None` where the tree has no such leaf.
///
/// Splitting at the largest power of two makes the same tree as pairing neighbours level by level,
/// an unpaired last one rising as it is.
pub(super) fn audit_path(leaf_hashes: Vec<Hash>, leaf_index: usize) -> Option<Vec<Hash>> {
    if leaf_index >= leaf_hashes.len() {
        return None;
    }
    let (mut level, mut index, mut path) = (leaf_hashes, leaf_index, Vec::new());
    while level.len() > 1 {
        path.extend(level.get(index ^ 1));
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                alone => alone[0],
            })
            .collect();
        index /= 2;
    }
    Some(path)
}

/// The root that a leaf and its audit path lead to (RFC 9162, section 2.1.3.2); `None` where the
/// path cannot belong to that place in a tree of that size.
pub(super) fn root_from_path(
    leaf: &[u8],
    leaf_index: u64,
    tree_size: u64,
    audit_path: &[Hash],
) -> Option<Hash> {
    if leaf_index >= tree_size {
        return None;
    }
    let (mut index, mut last) = (leaf_index, tree_size - 1);
    let mut root = leaf_hash(leaf);
    for sibling in audit_path {
        if last == 0 {
            return None;
        }
        if index % 2 == 1 || index == last {
            root = node_hash(sibling, &root);
            while index.is_multiple_of(2) && index != 0 {
                index /= 2;
                last /= 2;
            }
        } else {
            root = node_hash(&root, sibling);
        }
        index /= 2;
        last /= 2;
    }
    (last == 0).then_some(root)
}
