//! The cargo workspace that the commands work on.

use std::path::PathBuf;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
    pub metadata: Metadata,
}

impl Workspace {
    /// Reads the workspace's own packages; dependencies are not resolved.
    pub fn find() -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .no_deps()
            .exec()
            .context("cargo metadata failed")?;
        Ok(Self {
            root: metadata.workspace_root.clone().into(),
            target: metadata.target_directory.clone().into(),
            metadata,
        })
    }
}
