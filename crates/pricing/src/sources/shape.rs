//! How a file or an answer of each kind of source is read.

use super::{
    csv_rows,
    json_rows::{self, Document},
    row::{Part, Row},
    settings::{DateForm, Fields, Holds, Kind, Source},
};

/// How one text of a source becomes rows.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub form: Form,
    pub fields: Fields,
    pub dates: DateForm,
    pub holds: Holds,
    /// What stands for a value that there is not.
    pub no_value: &'static str,
    /// What the document must say at a JSON pointer, if it says anything there.
    pub expects: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    /// A column for each currency; the rates are of this one.
    WideCsv(&'static str),
    Lines,
    List {
        pointer: String,
        may_lack: bool,
    },
}

impl Shape {
    /// Of the texts of a source; `holds` is what it was asked for where it can answer both.
    pub fn of(source: &Source, holds: Holds) -> Self {
        match source.kind {
            Kind::Fmp => fmp(source, holds),
            Kind::Polygon => polygon(source, holds),
            Kind::Fred => fred(holds),
            Kind::Ecb => ecb(),
            Kind::EcbFile => Self {
                form: Form::WideCsv("EUR"),
                ..plain(Holds::Rates)
            },
            Kind::Ledger | Kind::Csv | Kind::Ndjson | Kind::HttpJson | Kind::HttpCsv => {
                mapped(source)
            }
        }
    }

    /// Gives each row of a text, or what is wrong with it. What is wrong with the text as a whole is told in the
    /// end, and then no row of it counts.
    pub fn each(
        &self,
        text: &[u8],
        mut take: impl FnMut(Result<&Row, String>),
    ) -> Result<(), String> {
        match &self.form {
            Form::Csv => csv_rows::each(text, &self.fields, self.required(), |row| take(Ok(row))),
            Form::WideCsv(base) => csv_rows::each_of_wide(text, base, |row| take(Ok(row))),
            Form::Lines => json_rows::each_line(text, &self.fields, take),
            Form::List { pointer, may_lack } => {
                let document = Document::parse(text)?;
                self.check(&document)?;
                document.each(pointer, *may_lack, &self.fields, take)
            }
        }
    }

    fn check(&self, document: &Document) -> Result<(), String> {
        let Some((pointer, expected)) = self.expects else {
            return Ok(());
        };
        match document.text(pointer)? {
            Some(said) if said != expected => Err(format!(
                "`{pointer}` is not `{expected}`, as it was asked for"
            )),
            _ => Ok(()),
        }
    }

    fn required(&self) -> &'static [Part] {
        match self.holds {
            Holds::Prices => &[Part::Close],
            Holds::Rates => &[Part::Rate],
        }
    }
}

fn plain(holds: Holds) -> Shape {
    Shape {
        form: Form::Csv,
        fields: Fields::default(),
        dates: DateForm::Iso,
        holds,
        no_value: "",
        expects: None,
    }
}

/// `historical-price-eod`: an array of days. The series that are not the split-adjusted one call
/// their columns `adjClose` and so on, whatever they are adjusted for.
fn fmp(source: &Source, holds: Holds) -> Shape {
    use entity::values::PriceAdjustment::Split;
    let is_split = source.adjustment == Split || holds == Holds::Rates;
    let bar = if is_split {
        ["/close", "/open", "/high", "/low"]
    } else {
        ["/adjClose", "/adjOpen", "/adjHigh", "/adjLow"]
    };
    list("", false, bars("/date", bar, "/volume", holds), holds)
}

/// `v2/aggs`: bars that begin at an instant; without a bar there is no `results`.
fn polygon(source: &Source, holds: Holds) -> Shape {
    use entity::values::PriceAdjustment::Split;
    let mut fields = bars("/t", ["/c", "/o", "/h", "/l"], "/v", holds);
    if source.grouped && holds == Holds::Prices {
        fields.symbol = Some("/T".to_owned());
    }
    let is_adjusted = source.adjustment == Split;
    Shape {
        dates: DateForm::UnixMilliseconds,
        expects: Some(("/adjusted", if is_adjusted { "true" } else { "false" })),
        ..list("/results", true, fields, holds)
    }
}

/// `series/observations`: one value a day, a point where there is none.
fn fred(holds: Holds) -> Shape {
    let mut fields = Fields {
        date: Some("/date".to_owned()),
        ..Fields::default()
    };
    match holds {
        Holds::Prices => fields.close = Some("/value".to_owned()),
        Holds::Rates => fields.rate = Some("/value".to_owned()),
    }
    Shape {
        no_value: ".",
        ..list("/observations", false, fields, holds)
    }
}

/// The flow EXR as `csvdata`: what a unit of `CURRENCY_DENOM` costs in `CURRENCY`.
fn ecb() -> Shape {
    let named = |name: &str| Some(name.to_owned());
    Shape {
        fields: Fields {
            date: named("TIME_PERIOD"),
            base: named("CURRENCY_DENOM"),
            quote: named("CURRENCY"),
            rate: named("OBS_VALUE"),
            ..Fields::default()
        },
        ..plain(Holds::Rates)
    }
}

fn mapped(source: &Source) -> Shape {
    let is_csv = matches!(source.kind, Kind::Csv | Kind::HttpCsv);
    let fields = with_usual_names(source, if is_csv { "" } else { "/" });
    let form = match source.kind {
        Kind::Ndjson => Form::Lines,
        Kind::HttpJson => Form::List {
            pointer: source.rows.clone().unwrap_or_default(),
            may_lack: false,
        },
        _ => Form::Csv,
    };
    Shape {
        form,
        fields,
        dates: source.dates,
        ..plain(source.holds)
    }
}

/// The fields that are configured, and the usual names for those that are not.
fn with_usual_names(source: &Source, prefix: &str) -> Fields {
    let named = |given: &Option<String>, usual: &str| {
        given.clone().or_else(|| Some(format!("{prefix}{usual}")))
    };
    let given = &source.fields;
    let date = named(&given.date, "date");
    match source.holds {
        Holds::Prices => Fields {
            symbol: named(&given.symbol, "symbol"),
            date,
            close: named(&given.close, "close"),
            currency: named(&given.currency, "currency"),
            open: named(&given.open, "open"),
            high: named(&given.high, "high"),
            low: named(&given.low, "low"),
            volume: named(&given.volume, "volume"),
            adjustment: named(&given.adjustment, "adjustment"),
            ..Fields::default()
        },
        Holds::Rates => Fields {
            date,
            base: named(&given.base, "base"),
            quote: named(&given.quote, "quote"),
            rate: named(&given.rate, "rate"),
            ..Fields::default()
        },
    }
}

fn list(pointer: &str, may_lack: bool, fields: Fields, holds: Holds) -> Shape {
    Shape {
        form: Form::List {
            pointer: pointer.to_owned(),
            may_lack,
        },
        fields,
        ..plain(holds)
    }
}

fn bars(date: &str, [close, open, high, low]: [&str; 4], volume: &str, holds: Holds) -> Fields {
    let named = |pointer: &str| Some(pointer.to_owned());
    match holds {
        Holds::Prices => Fields {
            date: named(date),
            close: named(close),
            open: named(open),
            high: named(high),
            low: named(low),
            volume: named(volume),
            ..Fields::default()
        },
        Holds::Rates => Fields {
            date: named(date),
            rate: named(close),
            ..Fields::default()
        },
    }
}
