//! The disk under an SQLite file fills up, and is given room again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use db::{ConnectionTrait, Database, Error, Settings};
use nix::unistd::geteuid;
use sea_orm::Statement;

use crate::ha::support::{ask, execute, figure, only};

const SCENARIO: &str = "disk full";
/// Where the child finds the small disk.
const FOLDER: &str = "FAULTS_SMALL_DISK";
const SIZE: &str = "8m";
const FILLER: usize = 3 << 20;
const PIECE: usize = 100 << 10;

/// The small disk is mounted in a namespace of its own, and gone with the last process in it.
#[test]
fn writes_are_refused_until_there_is_room_again_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut inside) = namespace_with_disk(folder.path()) else {
        println!("skipped: this system lets nobody mount a small disk");
        return;
    };
    inside.arg(std::env::current_exe().unwrap());
    inside.args(only(module_path!(), "child_on_a_small_disk"));
    let ran = inside.env(FOLDER, folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}");
    assert!(ran.status.success() && said.contains("1 passed"), "{ran:?}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "it was no disk of its own"
    );
}

/// A command that runs its arguments where `folder` is a small disk.
fn namespace_with_disk(folder: &Path) -> Option<Command> {
    let inside = |script: &str| {
        let mut command = Command::new("unshare");
        command.arg(if geteuid().is_root() { "-m" } else { "-rm" });
        command
            .args(["/bin/sh", "-c", script, "small-disk"])
            .arg(folder);
        command
    };
    let mount = format!("mount -t tmpfs -o size={SIZE} none \"$1\" || exit 1; shift");
    let is_possible = inside(&mount)
        .output()
        .is_ok_and(|output| output.status.success());
    is_possible.then(|| inside(&format!("{mount}; exec \"$@\"")))
}

/// No test by itself: what happens on the small disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_on_a_small_disk() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let filler = folder.join("filler");
    fs::write(&filler, vec![1; FILLER]).unwrap();
    let url = format!("sqlite://{}", folder.join("small.db").display());
    let database = Database::connect(&Settings::new(url)).await.unwrap();
    execute(
        &database,
        "CREATE TABLE pieces (number INTEGER PRIMARY KEY, bytes BLOB)",
    )
    .await;

    let written = write_until_full(&database, 0).await;
    figure(SCENARIO, "pieces until it is full", written, "-");
    for _ in 0..20 {
        let refused = write(&database, written).await;
        assert!(matches!(refused, Err(Error::StorageFull(_))), "{refused:?}");
        expect_pieces(&database, written).await;
    }

    fs::remove_file(&filler).unwrap();
    let again = write_until_full(&database, written).await;
    figure(
        SCENARIO,
        "pieces once there is room",
        again - written,
        "some",
    );
    assert!(again > written);
    expect_pieces(&database, again).await;
    database.close().await;
}

async fn write(database: &Database, number: i64) -> Result<(), Error> {
    database
        .write(async |tx| {
            let sql = "INSERT INTO pieces (number, bytes) VALUES ($1, $2)";
            let values = [number.into(), vec![7_u8; PIECE].into()];
            let backend = tx.get_database_backend();
            tx.execute_raw(Statement::from_sql_and_values(backend, sql, values))
                .await?;
            Ok(())
        })
        .await
}

/// The number of the first that found no room.
async fn write_until_full(database: &Database, first: i64) -> i64 {
    for number in first.. {
        match write(database, number).await {
            Ok(()) => {}
            Err(Error::StorageFull(_)) => return number,
            Err(error) => panic!("{number}: {error:?}"),
        }
    }
    unreachable!("the disk is small")
}

async fn expect_pieces(database: &Database, expected: i64) {
    let reading = async {
        let pieces: i64 = ask(database.reader(), "SELECT count(*) FROM pieces")
            .await
            .unwrap();
        let check: String = ask(database.reader(), "PRAGMA integrity_check")
            .await
            .unwrap();
        (pieces, check)
    };
    let read = tokio::time::timeout(Duration::from_secs(20), reading)
        .await
        .unwrap();
    assert_eq!(read, (expected, "ok".to_owned()));
}
