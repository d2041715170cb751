//! Bars on standard error for what may take over a second.

use std::{borrow::Cow, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

/// Whether bars are shown at all. Where standard error is no terminal they never are.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    is_wanted: bool,
}

impl Progress {
    /// Who asked for JSON is a program, and does not look.
    pub fn unless_json(json: bool) -> Self {
        Self { is_wanted: !json }
    }

    /// A bar over `length` steps.
    pub fn bar(self, length: usize, message: impl Into<Cow<'static, str>>) -> ProgressBar {
        let bar = self.draw(ProgressBar::new(length as u64));
        bar.set_style(style("{msg} {wide_bar} {pos}/{len}"));
        bar.set_message(message);
        bar
    }

    /// A spinner for work of unknown length.
    pub fn spinner(self, message: impl Into<Cow<'static, str>>) -> ProgressBar {
        let spinner = self.draw(ProgressBar::new_spinner());
        spinner.set_style(style("{spinner} {msg} {elapsed}"));
        spinner.set_message(message);
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    }

    /// A bar goes away with its work, however that ends.
    fn draw(self, bar: ProgressBar) -> ProgressBar {
        let bar = bar.with_finish(ProgressFinish::AndClear);
        if !self.is_wanted {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
