use super::*;

#[test]
fn retry_after_is_read_as_seconds_and_as_a_date() {
    let now: DateTime<Utc> = "2025-10-21T07:28:00Z".parse().unwrap();
    for (text, expected) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Tue, 21 Oct 2025 07:28:30 GMT", Some(30)),
        // One that is over.
        ("Tue, 21 Oct 2025 07:00:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        let read = retry_after(&headers, now);
        assert_eq!(read, expected.map(Duration::from_secs), "{text}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}

#[test]
fn a_key_goes_where_it_belongs_and_shows_nowhere() {
    let url: Url = "https://prices.example/v1?symbol=AAPL".parse().unwrap();
    let secret = Secret::new("s3cret&key".to_owned());
    let (asked, header) = with_key(&url, Some((KeyPlace::Query("apikey"), &secret))).unwrap();
    assert_eq!(asked.query(), Some("symbol=AAPL&apikey=s3cret%26key"));
    assert!(header.is_none());
    let (asked, header) = with_key(&url, Some((KeyPlace::Bearer, &secret))).unwrap();
    assert_eq!(asked.query(), Some("symbol=AAPL"));
    let (name, value) = header.unwrap();
    assert_eq!(
        (name.as_str(), value.to_str().unwrap()),
        ("authorization", "Bearer s3cret&key")
    );
    assert!(!format!("{value:?} {secret:?}").contains("s3cret"));
}
