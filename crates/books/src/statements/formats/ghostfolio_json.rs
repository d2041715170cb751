//! Ghostfolio's export: activities, and profiles of the assets that the user has made.

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use csv::StringRecord;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        cells::{Cells, security_kind},
        columns::Columns,
        fault::{FileFault, RowFault},
        faults::Faults,
        field::Field,
        json::{Broken, Element, Elements},
        notation::Notation,
        numbers,
        row::Row,
        source::Source,
    },
    ghostfolio::{WORDS, read},
};

const ACTIVITIES: &str = "activities";
const PROFILES: &str = "assetProfiles";

/// More securities than anybody has.
const MOST_PROFILES: usize = 100_000;

/// The keys of an activity, in the order of a record's fields. The last two come from the profile.
const KEYS: [(Field, &[&str]); 11] = [
    (Field::Id, &["id"]),
    (Field::Kind, &["type"]),
    (Field::Date, &["date"]),
    (Field::Symbol, &["symbol"]),
    (Field::Quantity, &["quantity"]),
    (Field::Price, &["unitprice"]),
    (Field::Fee, &["fee"]),
    (Field::Currency, &["currency"]),
    (Field::Note, &["comment"]),
    (Field::Name, &["name"]),
    (Field::Isin, &["isin"]),
];
const HEADER: [&str; 11] = [
    "id",
    "type",
    "date",
    "symbol",
    "quantity",
    "unitPrice",
    "fee",
    "currency",
    "comment",
    "name",
    "isin",
];

pub(in super::super) struct GhostfolioJson<R> {
    activities: Elements<Source<R>>,
    profiles: HashMap<String, Profile>,
    columns: Columns,
    ended: bool,
}

/// What the export says of an asset that no data provider knows.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    symbol: String,
    name: Option<String>,
    isin: Option<String>,
    currency: Option<String>,
    asset_class: Option<String>,
    asset_sub_class: Option<String>,
}

/// The values as they are written, so that no digit of a number is lost.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    date: Option<&'a RawValue>,
    #[serde(borrow)]
    symbol: Option<&'a RawValue>,
    #[serde(borrow)]
    quantity: Option<&'a RawValue>,
    #[serde(borrow)]
    unit_price: Option<&'a RawValue>,
    #[serde(borrow)]
    fee: Option<&'a RawValue>,
    #[serde(borrow)]
    currency: Option<&'a RawValue>,
    #[serde(borrow)]
    comment: Option<&'a RawValue>,
}

impl<R: Read + Seek> GhostfolioJson<R> {
    /// Reads the file once for its profiles, and stands at its beginning again.
    pub fn open(input: R) -> Result<Self, FileFault> {
        let mut source = Source::open(input, None, "an export of Ghostfolio (JSON)")?;
        let profiles = profiles(&mut source)?;
        source.rewind()?;
        let columns = Columns::find(HEADER.into_iter(), &KEYS, None);
        Ok(Self {
            activities: Elements::new(source),
            profiles,
            columns: columns.map_err(|detail| FileFault::Header { detail })?,
            ended: false,
        })
    }

    /// The next transaction, or what is wrong with its activity.
    pub fn next(&mut self) -> Option<Result<Row, Vec<RowFault>>> {
        if self.ended {
            return None;
        }
        let element = self.activities.next(&[ACTIVITIES]);
        match element {
            Ok(Some(element)) => Some(self.row(&element)),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(broken) => {
                self.ended = true;
                let (line, detail) = match broken {
                    Broken::Unreadable(error) => {
                        (self.activities.line(), super::super::unreadable(&error))
                    }
                    Broken::Syntax { line, detail } => (line, detail),
                };
                Some(Err(one_fault(line, detail)))
            }
        }
    }

    fn row(&self, element: &Element) -> Result<Row, Vec<RowFault>> {
        let mut faults = Faults::new(element.line);
        let activity: Activity<'_> = serde_json::from_slice(&element.text)
            .map_err(|error| one_fault(element.line, not_an_activity(&error)))?;
        let symbol = activity.symbol.and_then(text_of);
        let profile = symbol.and_then(|symbol| self.profiles.get(&symbol));
        let record = record(&activity, profile, &mut faults);
        let cells = Cells {
            line: element.line,
            record: &record,
            columns: &self.columns,
            notation: &Notation::PLAIN,
            constants: &[],
        };
        cells.check_text(&mut faults);
        let booking = cells.booking(WORDS, &[], &mut faults);
        let row = booking.and_then(|booking| read(&cells, booking, &mut faults));
        let Some(mut row) = row.filter(|_| faults.is_empty()) else {
            return Err(faults.into_inner());
        };
        if let (Some(security), Some(profile)) = (&mut row.security, profile) {
            let classes = [&profile.asset_sub_class, &profile.asset_class];
            security.kind = classes
                .into_iter()
                .flatten()
                .find_map(|class| security_kind(class));
            security.currency.clone_from(&profile.currency);
        }
        Ok(row)
    }
}

fn one_fault(line: u64, detail: String) -> Vec<RowFault> {
    vec![RowFault {
        line,
        column: None,
        detail,
    }]
}

/// Without the place within the activity: the line of the activity is told beside it.
fn not_an_activity(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    format!("this is not an activity: {message}")
}

fn profiles<R: Read + Seek>(source: &mut Source<R>) -> Result<HashMap<String, Profile>, FileFault> {
    let header = |line: u64, detail: &str| FileFault::Header {
        detail: format!(
            "line {line}: {detail}; an export of Ghostfolio has `activities` at its top"
        ),
    };
    let mut elements = Elements::new(source);
    let mut profiles = HashMap::new();
    let mut has_activities = false;
    loop {
        match elements.next(&[PROFILES, ACTIVITIES]) {
            Ok(Some(element)) if element.of == ACTIVITIES => {
                check_encoding(&element)?;
                has_activities = true;
            }
            Ok(Some(element)) => {
                let profile: Profile = serde_json::from_slice(&element.text)
                    .map_err(|error| header(element.line, &error.to_string()))?;
                profiles.insert(profile.symbol.clone(), profile);
                if profiles.len() > MOST_PROFILES {
                    let detail = format!("the file has more than {MOST_PROFILES} asset profiles");
                    return Err(FileFault::TooMuch { detail });
                }
            }
            // What comes before a broken place can be read; the place is told after it.
            Ok(None) | Err(Broken::Syntax { .. }) if has_activities => return Ok(profiles),
            Ok(None) => return Err(header(elements.line(), "there are no activities")),
            Err(Broken::Unreadable(error)) => return Err(error.into()),
            Err(Broken::Syntax { line, detail }) => return Err(header(line, &detail)),
        }
    }
}

fn check_encoding(element: &Element) -> Result<(), FileFault> {
    match std::str::from_utf8(&element.text) {
        Ok(_) => Ok(()),
        Err(_) => Err(FileFault::Encoding { line: element.line }),
    }
}

fn record(activity: &Activity<'_>, profile: Option<&Profile>, faults: &mut Faults) -> StringRecord {
    let texts = [
        activity.id,
        activity.kind,
        activity.date,
        activity.symbol,
        activity.quantity,
        activity.unit_price,
        activity.fee,
        activity.currency,
        activity.comment,
    ];
    let mut record = StringRecord::new();
    for (value, key) in texts.into_iter().zip(HEADER) {
        let is_number = matches!(key, "quantity" | "unitPrice" | "fee");
        record.push_field(&field(value, key, is_number, faults));
    }
    let name = profile.and_then(|profile| profile.name.as_deref());
    let isin = profile.and_then(|profile| profile.isin.as_deref());
    record.push_field(name.unwrap_or_default());
    record.push_field(isin.unwrap_or_default());
    if activity.currency.is_none_or(|value| value.get() == "null")
        && let Some(currency) = profile.and_then(|profile| profile.currency.as_deref())
    {
        let with_currency =
            record.iter().zip(HEADER).map(
                |(field, key)| {
                    if key == "currency" { currency } else { field }
                },
            );
        return with_currency.collect();
    }
    record
}

/// A value as a table would hold it; blank if it is null or not there.
fn field(value: Option<&RawValue>, key: &str, is_number: bool, faults: &mut Faults) -> String {
    let Some(value) = value.filter(|value| value.get() != "null") else {
        return String::new();
    };
    let written = value.get();
    let read = if is_number {
        numbers::from_json(written)
    } else {
        text_of(value).ok_or_else(|| "a text in quotes was expected".to_owned())
    };
    read.unwrap_or_else(|detail| {
        faults.note(Some(key), detail);
        String::new()
    })
}

fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}
