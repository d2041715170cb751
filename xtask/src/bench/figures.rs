//! Medians, and figures that are never better than what was measured.

/// The middle one; of an even number, the worse of the two in the middle if less is worse.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len().saturating_sub(1) / 2;
    sorted.get(middle).copied().unwrap_or(f64::NAN)
}

/// For what should be high.
pub fn cut(value: f64, decimals: usize) -> String {
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
    format!("{:.decimals$}", (value * scale).floor() / scale)
}

/// For what should be low.
pub fn raised(value: f64, decimals: usize) -> String {
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
    format!("{:.decimals$}", (value * scale).ceil() / scale)
}

pub fn percent(part: f64, whole: f64) -> String {
    format!("{} %", cut(100.0 * part / whole, 1))
}

#[cfg(test)]
mod tests {
    use super::{cut, median, percent, raised};

    #[test]
    fn the_median_is_one_of_the_values() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[7.0]) - 7.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn nothing_is_rounded_to_look_better() {
        assert_eq!(cut(49_999.9, 0), "49999");
        assert_eq!(cut(7.99, 1), "7.9");
        assert_eq!(percent(4999.0, 10_000.0), "49.9 %");
        assert_eq!(raised(10.01, 1), "10.1");
        assert_eq!(raised(1.301, 2), "1.31");
    }
}
