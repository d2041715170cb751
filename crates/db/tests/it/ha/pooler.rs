//! A pgbouncer of its own in transaction mode, before a cluster.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::chown,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::unistd::{User, geteuid};
use tempfile::TempDir;
use testservers::{Cluster, free_port, process::find_program};

/// The role that everybody has behind the pooler.
pub const ROLE: &str = "pooled";

pub struct Pooler {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Pooler {
    /// `None`, with a line that says so, where it is not installed.
    pub fn start(cluster: &Cluster, server_connections: u32) -> Option<Self> {
        let Some(program) = find_program("pgbouncer") else {
            println!("skipped: there is no pgbouncer on this machine");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, configuration(cluster, port, server_connections)).unwrap();
        let mut command = Command::new(program);
        command
            .arg("-q")
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        give_away(&folder, &mut command);
        let process = command.spawn().unwrap();
        let pooler = Self {
            port,
            process,
            _folder: folder,
        };
        pooler.wait_until_it_answers();
        Some(pooler)
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://anybody@127.0.0.1:{}/{database}", self.port)
    }

    fn wait_until_it_answers(&self) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "pgbouncer does not answer"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// It refuses to run as root.
fn give_away(folder: &TempDir, command: &mut Command) {
    use std::os::unix::process::CommandExt;

    if !geteuid().is_root() {
        return;
    }
    for name in ["postgres", "nobody"] {
        if let Ok(Some(user)) = User::from_name(name) {
            let (user, group) = (user.uid.as_raw(), user.gid.as_raw());
            chown(folder.path(), Some(user), Some(group)).unwrap();
            command.uid(user).gid(group);
            return;
        }
    }
}

/// As docs/pgbouncer.md asks for, and everybody may come in.
fn configuration(cluster: &Cluster, port: u16, server_connections: u32) -> String {
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={} user={ROLE}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = {server_connections}\n\
         max_client_conn = 200\n",
        cluster.port(),
    )
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
