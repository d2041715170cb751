//! The machine that measured: numbers mean little without it.

use std::process::Command;

use anyhow::Result;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::process;

const GIBIBYTE: u64 = 1 << 30;

pub fn describe() -> Result<String> {
    let wanted = RefreshKind::nothing()
        .with_cpu(CpuRefreshKind::nothing())
        .with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(wanted);
    let cpus = system.cpus();
    let model = cpus.first().map_or("unknown", |cpu| cpu.brand().trim());
    let memory = (system.total_memory() + GIBIBYTE / 2) / GIBIBYTE;
    let os = System::long_os_version().unwrap_or_else(System::distribution_id);
    let rustc = process::version_line(Command::new("rustc").arg("--version"))?;
    Ok(format!(
        "{} cores ({model}), {memory} GiB of memory; {os}; {rustc}",
        cpus.len()
    ))
}
