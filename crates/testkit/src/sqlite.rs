use std::path::PathBuf;

use db::{Database, Settings};
use tempfile::TempDir;
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();

pub async fn copy_of_template() -> (TempDir, String) {
    let template = TEMPLATE.get_or_init(migrate_template).await;
    let folder = tempfile::tempdir().expect("a folder for a test database");
    let file = folder.path().join("test.db");
    std::fs::copy(template, &file).expect("a copy of the template");
    let url = format!("sqlite://{}", file.display());
    (folder, url)
}

/// One template a process; its folder is removed when the first copy has outlived its use, so it is
/// kept under the process's own temporary name for the operating system to clear.
async fn migrate_template() -> PathBuf {
    let folder = tempfile::tempdir()
        .expect("a folder for the template")
        .keep();
    let file = folder.join("template.db");
    let database = Database::connect(&Settings::new(format!("sqlite://{}", file.display())))
        .await
        .expect("the template opens");
    migration::up(&database)
        .await
        .expect("the template migrates");
    database.close().await;
    file
}
