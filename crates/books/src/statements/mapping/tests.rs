use super::{Field, Mapping};

fn refusal(toml: &str) -> String {
    toml.parse::<Mapping>().unwrap_err().to_string()
}

#[test]
fn unknown_keys_and_values_are_refused_with_those_that_are_near() {
    for (toml, expected) in [
        (
            "colums = 1",
            "unknown key `colums` (did you mean `columns`?); the keys are encoding, delimiter",
        ),
        (
            "[columns]\nsymbl = \"x\"",
            "unknown key `columns.symbl` (did you mean `symbol`?); the keys are date",
        ),
        (
            "[constants]\ncurency = \"EUR\"",
            "unknown key `constants.curency` (did you mean `currency`?)",
        ),
        (
            "[types]\nPlan = \"byu\"",
            "`types.Plan` is \"byu\" (did you mean `buy`?); it can be buy, sell",
        ),
        (
            "date_format = \"DD/MM/YY\"",
            "`date_format` is \"DD/MM/YY\" (did you mean `DD.MM.YYYY`",
        ),
        (
            "decimal_mark = \"'\"",
            "`decimal_mark` is \"'\"; it can be \".\", \",\"",
        ),
        ("amount_sign = 1", "`amount_sign` must be a text in quotes"),
        ("columns = \"x\"", "`columns` must be a table: [columns]"),
        (
            "encoding = \"latin-9000\"",
            "`encoding` is \"latin-9000\", which is no encoding",
        ),
        (
            "[columns]\nsymbol = [\"a\", \"b\"]",
            "`columns.symbol` must be one name; only fee and tax",
        ),
        (
            "a = ",
            "the mapping is not TOML: TOML parse error at line 1",
        ),
    ] {
        let refusal = refusal(toml);
        assert!(refusal.starts_with(expected), "{toml}: {refusal}");
    }
}

#[test]
fn a_mapping_may_be_empty() {
    let mapping: Mapping = "".parse().unwrap();
    assert!(mapping.columns.is_empty() && mapping.constant(Field::Currency).is_none());
}
