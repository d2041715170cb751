//! One measured value, and the goal that it is held against.

/// A line `figure: <scenario> | <what> | <value> | goal <goal>`; a goal is `<= 2.1 s`,
/// `>= 99.9 %`, or `-` where there is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Figure {
    pub scenario: String,
    pub what: String,
    pub value: String,
    pub goal: String,
}

impl Figure {
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.strip_prefix("figure: ")?.split(" | ");
        let mut next = || parts.next().map(|part| part.trim().to_owned());
        Some(Self {
            scenario: next()?,
            what: next()?,
            value: next()?,
            goal: next()?.strip_prefix("goal ")?.to_owned(),
        })
    }

    pub fn row(&self) -> [String; 5] {
        let reached = match self.reaches_goal() {
            _ if self.goal == "-" => "",
            Some(true) => "yes",
            Some(false) => "**missed**",
            None => "not comparable",
        };
        let goal = if self.goal == "-" { "" } else { &self.goal };
        [&self.scenario, &self.what, &self.value, goal, reached].map(str::to_owned)
    }

    pub fn is_missed(&self) -> bool {
        self.goal != "-" && self.reaches_goal() != Some(true)
    }

    /// `None` where they cannot be compared, as with different units.
    fn reaches_goal(&self) -> Option<bool> {
        let (comparison, goal) = self.goal.split_once(' ')?;
        let ((value, unit), (goal, goal_unit)) = (number(&self.value)?, number(goal)?);
        match comparison {
            _ if unit != goal_unit => None,
            "<=" => Some(value <= goal),
            ">=" => Some(value >= goal),
            _ => None,
        }
    }
}

/// Reads `2.1 s` and `0`.
fn number(text: &str) -> Option<(f64, &str)> {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::Figure;

    fn reached(value: &str, goal: &str) -> String {
        let line = format!("figure: restart | back after | {value} | goal {goal}");
        let [.., reached] = Figure::parse(&line).unwrap().row();
        reached
    }

    #[test]
    fn a_figure_is_held_against_its_goal() {
        assert_eq!(reached("0.9 s", "<= 1.000 s"), "yes");
        assert_eq!(reached("1.1 s", "<= 1.000 s"), "**missed**");
        assert_eq!(reached("0", "<= 0"), "yes");
        assert_eq!(reached("99.8 %", ">= 99.9 %"), "**missed**");
        assert_eq!(reached("12", "-"), "");
        assert_eq!(reached("12 ms", "<= 1 s"), "not comparable");
    }

    #[test]
    fn other_lines_are_no_figures() {
        assert_eq!(Figure::parse("test result: ok"), None);
        assert_eq!(Figure::parse("figure: half | a line"), None);
    }
}
