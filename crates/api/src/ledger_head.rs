//! Which commit of the ledger's repository the books could be checked against.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use performance::LedgerHead;
use tokio::{process::Command, sync::Mutex};

/// Asks git for HEAD, at most once a second. What git does not say is never made up: the answer is
/// then no commit, and a sentence that says why.
pub struct LedgerHeadReader {
    ledger: Option<PathBuf>,
    last: Mutex<Option<(Instant, LedgerHead)>>,
}

const KEPT_FOR: Duration = Duration::from_secs(1);
const GIT_TIMEOUT: Duration = Duration::from_secs(2);

impl LedgerHeadReader {
    pub fn new(ledger: Option<PathBuf>) -> Self {
        Self {
            ledger,
            last: Mutex::new(None),
        }
    }

    pub async fn read(&self) -> LedgerHead {
        let Some(ledger) = &self.ledger else {
            return unknown("no ledger is configured (ledger.path)");
        };
        // Those who ask at the same moment wait for one answer.
        let mut last = self.last.lock().await;
        if let Some((at, head)) = last.as_ref()
            && at.elapsed() < KEPT_FOR
        {
            return head.clone();
        }
        let head = ask_git(ledger).await;
        *last = Some((Instant::now(), head.clone()));
        head
    }
}

fn unknown(why: &str) -> LedgerHead {
    let warning = format!("the ledger's commit is not known: {why}");
    LedgerHead {
        commit: None,
        warning: Some(warning),
    }
}

async fn ask_git(ledger: &Path) -> LedgerHead {
    let folder = match ledger.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(folder)
        .args(["rev-parse", "--verify", "HEAD"]);
    git.env_remove("GIT_DIR")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    match tokio::time::timeout(GIT_TIMEOUT, git.output()).await {
        Ok(Ok(answer)) if answer.status.success() => read_commit(&answer.stdout),
        Ok(Ok(_)) => unknown("the ledger does not lie in a git repository with a commit"),
        Ok(Err(_)) => unknown("git could not be run"),
        Err(_) => unknown("git did not answer"),
    }
}

fn read_commit(answer: &[u8]) -> LedgerHead {
    let commit = String::from_utf8_lossy(answer).trim().to_owned();
    let is_hash = commit.len() >= 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash {
        LedgerHead {
            commit: Some(commit),
            warning: None,
        }
    } else {
        unknown("git's answer is not a commit")
    }
}
