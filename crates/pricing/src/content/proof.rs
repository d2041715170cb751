use serde::{Deserialize, Serialize};

use super::merkle::{self, Hash};

/// That one canonical row is in the tree of a pack's hash: RFC 6962's audit path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The canonical row.
    pub leaf: String,
    pub leaf_index: u64,
    /// Leaves in the tree, the header among them.
    pub tree_size: u64,
    /// Lower-case hex, from the leaf's sibling up to the root's child.
    pub audit_path: Vec<String>,
}

impl Proof {
    pub(super) fn of_leaf(leaf: String, leaves: &[String]) -> Option<Self> {
        let index = leaves.iter().position(|other| *other == leaf)?;
        let hashes = leaves
            .iter()
            .map(|leaf| merkle::leaf_hash(leaf.as_bytes()))
            .collect();
        let audit_path = merkle::audit_path(hashes, index)?
            .iter()
            .map(hex::encode)
            .collect();
        Some(Self {
            leaf,
            leaf_index: index as u64,
            tree_size: leaves.len() as u64,
            audit_path,
        })
    }
}

/// Whether `proof` shows that its row is in the pack with this hash (`sha256:` and lower-case hex).
pub fn verify_proof(proof: &Proof, hash: &str) -> bool {
    let path: Option<Vec<Hash>> = proof.audit_path.iter().map(|node| decode(node)).collect();
    path.and_then(|path| {
        merkle::root_from_path(
            proof.leaf.as_bytes(),
            proof.leaf_index,
            proof.tree_size,
            &path,
        )
    })
    .is_some_and(|root| hash == format!("sha256:{}", hex::encode(root)))
}

fn decode(node: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    hex::decode_to_slice(node, &mut hash).ok()?;
    Some(hash)
}
