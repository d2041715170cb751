//! Installs packages of the operating system's distribution.

use std::process::Command;

use anyhow::{Result, bail};
use nix::unistd::geteuid;

use crate::process;

/// A program's package, by the manager that knows it.
pub struct Package {
    /// On Debian and its kin.
    pub apt: &'static str,
    /// On Fedora and its kin.
    pub dnf: &'static str,
    /// On Alpine.
    pub apk: &'static str,
    /// With Homebrew.
    pub brew: &'static str,
}

/// Installs a package where this can be done without a question, else says what to install.
pub fn install(package: &Package) -> Result<()> {
    let Some((manager, name)) = manager_for(package) else {
        bail!("install {} with your system's package manager", package.apt);
    };
    if manager == "brew" || !geteuid().is_root() {
        bail!("install it: {}", hint(manager, name));
    }
    eprintln!("installing {name} with {manager}");
    match manager {
        "apt-get" => {
            process::run(apt_get().arg("update"))?;
            // An existing configuration file wins without a question.
            process::run(apt_get().args([
                "install",
                "-y",
                "--no-install-recommends",
                "-o",
                "Dpkg::Options::=--force-confold",
                name,
            ]))
        }
        "dnf" => process::run(Command::new("dnf").args(["install", "-y", name])),
        _ => process::run(Command::new("apk").args(["add", name])),
    }
}

fn manager_for(package: &Package) -> Option<(&'static str, &'static str)> {
    [
        ("apt-get", package.apt),
        ("dnf", package.dnf),
        ("apk", package.apk),
        ("brew", package.brew),
    ]
    .into_iter()
    .find(|(manager, _)| process::find_program(manager).is_some())
}

fn hint(manager: &str, name: &str) -> String {
    match manager {
        "brew" => format!("brew install {name}"),
        "apk" => format!("sudo apk add {name}"),
        _ => format!("sudo {manager} install {name}"),
    }
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    // Standard output is the caller's: some commands print one line for a script to read.
    command.stdout(std::io::stderr());
    command
}
