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
    /// Of one of the leaves that come, in their order; `None` if it is not among them.
    pub(crate) fn of_leaf<E>(
        leaf: String,
        leaves: impl Iterator<Item = Result<String, E>>,
    ) -> Result<Option<Self>, E> {
        let (mut hashes, mut index) = (Vec::new(), None);
        for other in leaves {
            let other = other?;
            if other == leaf {
                index = Some(hashes.len());
            }
            hashes.push(merkle::leaf_hash(other.as_bytes()));
        }
        let tree_size = hashes.len() as u64;
        let path = index.and_then(|index| Some((index, merkle::audit_path(hashes, index)?)));
        Ok(path.map(|(index, path)| Self {
            leaf,
            leaf_index: index as u64,
            tree_size,
            audit_path: path.iter().map(hex::encode).collect(),
        }))
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
