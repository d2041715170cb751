//! What the fault tests and their runner say.

use super::figure::Figure;

#[derive(Debug, Default)]
pub struct Log {
    pub seed: Option<String>,
    pub figures: Vec<Figure>,
    /// Names of tests.
    pub failures: Vec<String>,
}

impl Log {
    pub fn add_line(&mut self, line: &str) {
        if let Some(figure) = Figure::parse(line) {
            self.figures.push(figure);
        } else if let Some(seed) = line.strip_prefix("seed: ") {
            let seed = seed.rsplit(" | ").next().unwrap_or(seed);
            self.seed = Some(seed.to_owned());
        } else if let Some(failure) = failure(line)
            && !self.failures.contains(&failure)
        {
            self.failures.push(failure);
        }
    }
}

/// nextest names a test that failed when it ends, and again in its summary.
fn failure(line: &str) -> Option<String> {
    let line = line.trim_start();
    let is_failure = ["FAIL [", "TIMEOUT [", "SIGABRT [", "SIGSEGV ["]
        .iter()
        .any(|word| line.starts_with(word));
    let name = line.split_whitespace().next_back()?;
    (is_failure && (name.contains("faults::") || name.contains("faults_"))).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Log;

    #[test]
    fn figures_the_seed_and_failures_are_kept() {
        let mut log = Log::default();
        for line in [
            "seed: fast restart | 7",
            "figure: fast restart | lost | 0 | goal <= 0",
            "        PASS [   2.7s] (1/3) db::it faults::outages::restart",
            "        FAIL [   2.7s] (2/3) db::it faults::outages::stop",
            "        FAIL [   2.7s] (2/3) db::it faults::outages::stop",
        ] {
            log.add_line(line);
        }
        assert_eq!(log.seed.as_deref(), Some("7"));
        assert_eq!(log.figures.len(), 1);
        assert_eq!(log.failures, ["faults::outages::stop"]);
    }
}
