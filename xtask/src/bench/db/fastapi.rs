//! The same paths on FastAPI and asyncpg, in a Python of their own.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::fixture::{Fixture, POLICY};
use crate::bench::server::Server;
use crate::process;
use crate::python;
use crate::workspace::Workspace;

const REQUIREMENTS: [&str; 6] = [
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "asyncpg",
    "orjson",
];
const VERSIONS: &str = "
import platform, fastapi, uvicorn, uvloop, httptools, asyncpg, orjson
print(f'Python {platform.python_version()}, FastAPI {fastapi.__version__}, '
      f'uvicorn {uvicorn.__version__}, uvloop {uvloop.__version__}, asyncpg {asyncpg.__version__}')
";
const APPLICATION: &str = "xtask/src/bench";
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

pub struct FastApi {
    python: PathBuf,
    application: PathBuf,
}

impl FastApi {
    pub fn find_or_install(workspace: &Workspace) -> Result<Self> {
        let environment = workspace.target.join("fastapi-venv");
        let found = Self {
            python: python::of(&environment),
            application: workspace.root.join(APPLICATION),
        };
        if found.versions().is_err() {
            println!("installing FastAPI and what it needs into a virtual environment");
            python::make(&environment, &REQUIREMENTS)?;
        }
        found.versions().context("FastAPI was installed in vain")?;
        Ok(found)
    }

    pub fn versions(&self) -> Result<String> {
        python::ask(&self.python, VERSIONS.trim_start())
    }

    pub fn serve(&self, fixture: &Fixture, processes: usize) -> Result<Server> {
        let port = testservers::free_port()?;
        let mut uvicorn = Command::new(&self.python);
        uvicorn
            .args(["-m", "uvicorn", "fastapi_app:app", "--host", "127.0.0.1"])
            .args(["--port", &port.to_string()])
            .args(["--workers", &processes.to_string()])
            .args(["--loop", "uvloop", "--http", "httptools"])
            .args(["--no-access-log", "--log-level", "warning", "--app-dir"])
            .arg(&self.application)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("BENCH_DATABASE", &fixture.database)
            .env("BENCH_OWNER", &fixture.owner)
            .env("BENCH_POLICY", POLICY)
            .env("BENCH_URL", format!("http://127.0.0.1:{port}"));
        let server = Server::start_workers(&mut uvicorn, processes)?;
        wait_until_it_listens(port)?;
        Ok(server)
    }
}

/// It says that it is ready a moment before it listens.
fn wait_until_it_listens(port: u16) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
        process::stop_if_interrupted()?;
        ensure!(start.elapsed() < PATIENCE, "uvicorn does not listen");
        sleep(POLL);
    }
    Ok(())
}
