use std::str::FromStr;

use rust_decimal::Decimal;

/// How a reduction finds the lots that it takes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booking {
    /// The cost must name one lot, or all that match must be taken whole.
    Strict,
    /// As strict; of several lots that match, the oldest of exactly the size that is taken will do.
    StrictWithSize,
    /// First acquired, first taken.
    Fifo,
    /// Last acquired, first taken.
    Lifo,
    /// Dearest first.
    Hifo,
    /// No lots are matched: every posting adds a lot, which may be negative.
    None,
    /// The average cost; read, but not supported.
    Average,
}

impl FromStr for Booking {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "STRICT" => Self::Strict,
            "STRICT_WITH_SIZE" => Self::StrictWithSize,
            "FIFO" => Self::Fifo,
            "LIFO" => Self::Lifo,
            "HIFO" => Self::Hifo,
            "NONE" => Self::None,
            "AVERAGE" => Self::Average,
            _ => {
                return Err(format!(
                    "booking method \"{text}\" is unknown: use STRICT, STRICT_WITH_SIZE, FIFO, LIFO, \
                     HIFO or NONE"
                ));
            }
        })
    }
}

/// The options that change how a ledger is read; the others of Beancount's are accepted.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub title: Option<String>,
    pub operating_currencies: Vec<String>,
    pub booking: Booking,
    pub tolerance_multiplier: Decimal,
    pub tolerance_from_cost: bool,
    /// By currency; `*` stands for all others.
    pub default_tolerances: Vec<(String, Decimal)>,
    pub income_root: String,
    pub expenses_root: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: None,
            operating_currencies: Vec::new(),
            booking: Booking::Strict,
            tolerance_multiplier: Decimal::new(5, 1),
            tolerance_from_cost: false,
            default_tolerances: Vec::new(),
            income_root: "Income".into(),
            expenses_root: "Expenses".into(),
        }
    }
}

/// Options that change nothing here.
const ACCEPTED: [&str; 17] = [
    "name_assets",
    "name_liabilities",
    "name_equity",
    "account_previous_balances",
    "account_previous_earnings",
    "account_previous_conversions",
    "account_current_earnings",
    "account_current_conversions",
    "account_unrealized_gains",
    "account_rounding",
    "conversion_currency",
    "display_precision",
    "documents",
    "render_commas",
    "plugin_processing_mode",
    "long_string_maxlines",
    "insert_pythonpath",
];

const DEPRECATED: [&str; 4] = [
    "plugin",
    "allow_pipe_separator",
    "allow_deprecated_none_for_tags_and_links",
    "use_precise_interpolation",
];

impl Options {
    /// Takes one option in.
    ///
    /// # Errors
    /// What is wrong with the option's name or value.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "title" => self.title = Some(value.to_owned()),
            "operating_currency" => self.add_operating_currency(value),
            "booking_method" => self.booking = value.parse()?,
            "inferred_tolerance_multiplier" | "tolerance_multiplier" => {
                self.tolerance_multiplier = number(name, value)?;
            }
            "infer_tolerance_from_cost" => self.tolerance_from_cost = boolean(name, value)?,
            "inferred_tolerance_default" => {
                let (currency, tolerance) = value.split_once(':').ok_or_else(|| {
                    format!("option \"{name}\" needs a currency and a number: \"USD:0.005\"")
                })?;
                self.default_tolerances
                    .push((currency.to_owned(), number(name, tolerance)?));
            }
            "name_income" => value.clone_into(&mut self.income_root),
            "name_expenses" => value.clone_into(&mut self.expenses_root),
            _ if ACCEPTED.contains(&name) || DEPRECATED.contains(&name) => {}
            _ => return Err(format!("option \"{name}\" is unknown: check its spelling")),
        }
        Ok(())
    }

    /// Names one more operating currency, unless it is named already.
    pub(crate) fn add_operating_currency(&mut self, currency: &str) {
        if !self
            .operating_currencies
            .iter()
            .any(|known| known == currency)
        {
            self.operating_currencies.push(currency.to_owned());
        }
    }
}

fn number(name: &str, value: &str) -> Result<Decimal, String> {
    value
        .trim()
        .parse()
        .map_err(|_| format!("option \"{name}\" needs a number, \"{value}\" is none"))
}

fn boolean(name: &str, value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!(
            "option \"{name}\" needs TRUE or FALSE, not \"{value}\""
        )),
    }
}
