use entity::values::PackStatus;
use identity::Ctx;
use sea_orm::ConnectionTrait;

use super::{find, read};
use crate::{
    Error,
    content::{Proof, SortedLeaves},
};

/// A pack's hash as it was stored when it was frozen, beside that of its content now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    pub pack_id: String,
    /// `None` while the pack is warming.
    pub stored_hash: Option<String>,
    pub computed_hash: String,
    /// Whether the two are there and equal.
    pub matches: bool,
    /// Prices and rates.
    pub rows: usize,
}

/// Computes the hash of a pack's content again.
pub async fn verify(ctx: &Ctx, db: &impl ConnectionTrait, id: &str) -> Result<Verification, Error> {
    let pack = find(ctx, db, id).await?;
    let leaves = read::leaves(db, &pack).await?;
    let rows = leaves.rows();
    let computed_hash = read::hash(leaves).await?;
    Ok(Verification {
        matches: pack.hash.as_ref() == Some(&computed_hash),
        pack_id: pack.id,
        stored_hash: pack.hash,
        computed_hash,
        rows,
    })
}

/// A frozen pack's canonical rows, the header first and the others sorted: what its hash is computed
/// from, for who has no database.
pub async fn export(ctx: &Ctx, db: &impl ConnectionTrait, id: &str) -> Result<SortedLeaves, Error> {
    let pack = find(ctx, db, id).await?;
    if pack.status == PackStatus::Warming {
        return Err(Error::StillWarming { id: pack.id });
    }
    read::sorted(read::leaves(db, &pack).await?).await
}

/// The proof that a frozen pack holds its price of `symbol`.
pub async fn proof(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: &str,
    symbol: &str,
) -> Result<Proof, Error> {
    let pack = find(ctx, db, id).await?;
    if pack.status == PackStatus::Warming {
        return Err(Error::StillWarming { id: pack.id });
    }
    let missing = || Error::SymbolNotInPack {
        id: pack.id.clone(),
        symbol: symbol.to_owned(),
    };
    let leaf = read::price_leaf(db, &pack.id, symbol).await?;
    let leaf = leaf.ok_or_else(missing)?;
    let leaves = read::leaves(db, &pack).await?;
    let proof = read::off_thread(|| Proof::of_leaf(leaf, leaves.sorted()?)).await?;
    proof.ok_or_else(missing)
}
