//! Which columns of a header say what.

use super::{
    field::{Field, MAPPED},
    mapping::Mapping,
    words::{did_you_mean, folded},
};

/// The names that a format's columns have, folded, the best first.
pub(super) type Names = [(Field, &'static [&'static str])];

/// The columns of a file, by what they say.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    header: Vec<String>,
    places: [Vec<usize>; Field::COUNT],
}

impl Columns {
    /// Finds each field's column under the best of its names; where a mapping names one, or says that there
    /// is none, as it says.
    pub fn find<'a>(
        header: impl Iterator<Item = &'a str>,
        names: &Names,
        mapping: Option<&Mapping>,
    ) -> Result<Self, String> {
        let header: Vec<String> = header.map(|name| name.trim().to_owned()).collect();
        let keys: Vec<String> = header.iter().map(|name| folded(name)).collect();
        let mut places = [const { Vec::new() }; Field::COUNT];
        let mapped = mapping.map_or(&[][..], |mapping| &mapping.columns);
        for (field, wanted) in mapped {
            places[*field as usize] = mapped_places(wanted, &header, &keys)?;
        }
        for (field, aliases) in names {
            if !mapped.iter().any(|(of, _)| of == field) {
                places[*field as usize] = alias_place(*field, aliases, &header, &keys)?;
            }
        }
        Ok(Self { header, places })
    }

    /// Of a file without a header.
    pub const fn none() -> Self {
        Self {
            header: Vec::new(),
            places: [const { Vec::new() }; Field::COUNT],
        }
    }

    pub fn width(&self) -> usize {
        self.header.len()
    }

    pub fn places(&self, field: Field) -> &[usize] {
        &self.places[field as usize]
    }

    pub fn has(&self, field: Field) -> bool {
        !self.places(field).is_empty()
    }

    /// The header's name of the first of a field's columns.
    pub fn name(&self, field: Field) -> Option<&str> {
        let place = self.places(field).first()?;
        self.header.get(*place).map(String::as_str)
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }
}

fn mapped_places(
    wanted: &[String],
    header: &[String],
    keys: &[String],
) -> Result<Vec<usize>, String> {
    let place = |name: &String| {
        let exact = header.iter().position(|column| column == name);
        let found = exact.or_else(|| keys.iter().position(|key| *key == folded(name)));
        found.ok_or_else(|| {
            let near = did_you_mean(name, header.iter().map(String::as_str));
            format!("it names the column `{name}`, which the header does not have{near}")
        })
    };
    wanted.iter().map(place).collect()
}

fn alias_place(
    field: Field,
    aliases: &[&str],
    header: &[String],
    keys: &[String],
) -> Result<Vec<usize>, String> {
    let of_alias = |alias: &&str| {
        let mut places = keys.iter().enumerate().filter(|(_, key)| key == alias);
        places.next().map(|(place, _)| place)
    };
    let found: Vec<usize> = aliases.iter().filter_map(of_alias).collect();
    match (field, found.as_slice()) {
        (_, []) => Ok(Vec::new()),
        (Field::Fee | Field::Tax, [one, other, ..]) => {
            let key = MAPPED.iter().find(|(_, mapped)| *mapped == field);
            let key = key.map_or("fee", |(key, _)| key);
            let (one, other) = (&header[*one], &header[*other]);
            Err(format!(
                "`{one}` and `{other}` are both a {key}: say in a mapping which one counts, or that both \
                 do (columns.{key} = [{one:?}, {other:?}])"
            ))
        }
        (_, [best, ..]) => twice(*best, header, keys).map_or(Ok(vec![*best]), Err),
    }
}

/// What to say if a column that is wanted stands in the header twice.
fn twice(place: usize, header: &[String], keys: &[String]) -> Option<String> {
    let key = keys.get(place)?;
    let count = keys.iter().filter(|other| *other == key).count();
    (count > 1).then(|| {
        format!(
            "the column `{}` stands in the header {count} times: give the columns names of their own",
            header[place]
        )
    })
}
