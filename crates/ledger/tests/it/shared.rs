//! Data that is shared between projects, in a folder beside the repository.

use std::path::{Path, PathBuf};

/// The path of a shared file, or `None` after saying that the test is skipped.
pub fn find(relative: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data").join(relative))
        .find(|path| path.exists());
    if found.is_none() {
        println!("skipped: there is no shared/data/{relative} beside the repository");
    }
    found
}
