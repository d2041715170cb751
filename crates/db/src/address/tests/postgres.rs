use std::{path::Path, time::Duration};

use super::{postgres, refusal};
use crate::{Address, AddressError, Engine, PostgresAddress, SslMode};

fn hosts(url: &str) -> Vec<String> {
    let address = postgres(url);
    address.hosts().iter().map(ToString::to_string).collect()
}

fn first_options(address: &PostgresAddress) -> sqlx::postgres::PgConnectOptions {
    address.options(&address.hosts()[0])
}

#[test]
fn every_part_of_a_url_is_read() {
    for scheme in ["postgres", "postgresql"] {
        let url =
            format!("{scheme}://tally:s%40cret@db.example:5433/the%20books?sslmode=verify-full");
        let address = postgres(&url);
        let options = first_options(&address);
        assert_eq!(options.get_host(), "db.example");
        assert_eq!(options.get_port(), 5433);
        assert_eq!(options.get_username(), "tally");
        assert_eq!(options.get_database(), Some("the books"));
        assert_eq!(options.get_application_name(), Some("tallystick"));
        assert_eq!(options.get_options(), None);
        assert!(format!("{options:?}").contains("VerifyFull"));
        assert!(format!("{options:?}").contains("s@cret"));
        assert_eq!(Address::parse(&url).unwrap().engine(), Engine::Postgres);
    }
}

#[test]
fn what_is_left_out_has_the_defaults_of_libpq() {
    let address = postgres("postgres://tally@db.example");
    let options = first_options(&address);
    assert_eq!(options.get_port(), 5432);
    assert_eq!(options.get_database(), Some("tally"), "the user's own");
    assert_eq!(address.ssl_mode(), SslMode::Prefer);
    assert_eq!(address.database(), None);
    assert_eq!(address.connect_timeout(), None);
    assert!(!address.requires_primary());
    let nobody = first_options(&postgres("postgres://db.example/books"));
    assert_eq!(nobody.get_username(), whoami::username().unwrap());
}

#[test]
fn the_parameters_say_the_same_as_the_places() {
    let by_place = postgres("postgresql://tally:pw@db.example:5433/books");
    let by_name = "postgresql://?host=db.example&port=5433&user=tally&password=pw&dbname=books";
    assert_eq!(postgres(by_name), by_place);
    let mixed = "postgresql:///books?host=db.example&port=5433&user=tally&password=pw";
    assert_eq!(postgres(mixed), by_place);
    assert_eq!(
        postgres("postgresql://tally:pw@db.example/books?port=5433"),
        by_place
    );
}

#[test]
fn several_hosts_keep_their_order_and_their_ports() {
    assert_eq!(hosts("postgres://h1,h2/d"), ["h1:5432", "h2:5432"]);
    assert_eq!(
        hosts("postgres://u@h1,h2:5433,[::1]:6/d"),
        ["h1:5432", "h2:5433", "[::1]:6"]
    );
    assert_eq!(hosts("postgres://h1,h2/d?port=6"), ["h1:6", "h2:6"]);
    assert_eq!(hosts("postgres://h1,h2/d?port=6,7"), ["h1:6", "h2:7"]);
    assert_eq!(
        hosts("postgres:///d?host=h1%2C::1&port=6,7"),
        ["h1:6", "[::1]:7"]
    );
    assert_eq!(hosts("postgres://[::1]/d"), ["[::1]:5432"]);
    let sockets = hosts("postgres:///d?host=/run/a,db.example");
    assert_eq!(sockets, ["/run/a/.s.PGSQL.5432", "db.example:5432"]);
}

#[test]
fn a_socket_is_reached_by_its_folder_and_without_encryption() {
    for url in [
        "postgresql:///books?host=/var/run/postgresql&port=5433&sslmode=require",
        "postgresql://%2Fvar%2Frun%2Fpostgresql:5433/books?sslmode=require",
    ] {
        let address = postgres(url);
        let folder = Path::new("/var/run/postgresql");
        assert_eq!(address.hosts()[0].socket_folder(), Some(folder));
        let options = first_options(&address);
        assert_eq!(
            options.get_socket().map(std::path::PathBuf::as_path),
            Some(folder)
        );
        assert_eq!(options.get_port(), 5433);
        assert_eq!(format!("{:?}", options.get_ssl_mode()), "Disable");
    }
}

#[test]
fn an_ipv6_address_reaches_the_driver_without_brackets() {
    let address = postgres("postgres://u@[2001:db8::1]:6/d");
    assert_eq!(first_options(&address).get_host(), "2001:db8::1");
}

#[test]
fn every_sslmode_of_libpq_is_understood() {
    for (mode, of_driver) in [
        ("disable", "Disable"),
        ("allow", "Prefer"),
        ("prefer", "Prefer"),
        ("require", "Require"),
        ("verify-ca", "VerifyCa"),
        ("verify-full", "VerifyFull"),
    ] {
        let address = postgres(&format!("postgres://u@h/d?sslmode={mode}"));
        assert_eq!(address.ssl_mode().to_string(), mode);
        let options = first_options(&address);
        assert_eq!(format!("{:?}", options.get_ssl_mode()), of_driver, "{mode}");
    }
    let named = postgres("postgres://u@h/d?sslmode=require&sslrootcert=/etc/ca.pem");
    assert_eq!(named.ssl_mode(), SslMode::VerifyCa);
    assert!(format!("{:?}", first_options(&named)).contains("/etc/ca.pem"));
    let system = postgres("postgres://u@h/d?sslrootcert=system");
    assert_eq!(system.ssl_mode(), SslMode::VerifyFull);
}

#[test]
fn certificates_timeouts_and_names_are_read() {
    let address = postgres(
        "postgres://u@h/d?sslcert=/c.pem&sslkey=/k.pem&connect_timeout=7&application_name=night+run\
         &target_session_attrs=read-write",
    );
    let options = first_options(&address);
    let shown = format!("{options:?}");
    assert!(
        shown.contains("/c.pem") && shown.contains("/k.pem"),
        "{shown}"
    );
    assert_eq!(options.get_application_name(), Some("night+run"));
    assert_eq!(address.connect_timeout(), Some(Duration::from_secs(7)));
    assert!(address.requires_primary());
    assert!(!postgres("postgres://h/d?target_session_attrs=any").requires_primary());
}

#[test]
fn only_a_remote_host_below_verify_full_is_unverified() {
    for local in [
        "localhost",
        "LOCALHOST",
        "127.0.0.1",
        "127.8.9.1",
        "[::1]",
        "%2Frun",
    ] {
        let address = postgres(&format!("postgres://{local}/d?sslmode=disable"));
        assert_eq!(address.unverified_remote_host(), None, "{local}");
    }
    let mapped = postgres("postgres://[::ffff:127.0.0.1]/d");
    assert_eq!(mapped.unverified_remote_host(), None);
    for remote in [
        "db.example",
        "10.0.0.1",
        "0.0.0.0",
        "localhost.example",
        "[2001:db8::1]",
        "127.1",
    ] {
        for weak in ["", "?sslmode=require", "?sslmode=verify-ca"] {
            let address = postgres(&format!("postgres://localhost,{remote}/d{weak}"));
            let found = address.unverified_remote_host().unwrap().to_string();
            assert_eq!(found, format!("{remote}:5432"));
        }
        let strong = postgres(&format!("postgres://{remote}/d?sslmode=verify-full"));
        assert_eq!(strong.unverified_remote_host(), None);
    }
}

#[test]
fn variables_that_the_driver_cannot_be_freed_from_are_refused() {
    let refused = |url: &str, variable: &str| {
        let address = postgres(url);
        address.refuse_variables(|name| name == variable).is_err()
    };
    assert!(refused("postgres://h/d", "PGOPTIONS"));
    assert!(refused("postgres://h/d", "PGSSLCERT"));
    assert!(refused("postgres://h/d", "PGSSLKEY"));
    assert!(!refused("postgres://h/d", "PGSSLROOTCERT"));
    assert!(!refused("postgres://h/d", "PGHOST"));
    assert!(!refused("postgres://h/d?sslcert=/c&sslkey=/k", "PGSSLCERT"));
    assert!(!refused("postgres://h/d?sslmode=disable", "PGSSLCERT"));
    assert!(!refused("postgres:///d?host=/run", "PGSSLKEY"));
    assert!(refused("postgres:///d?host=/run", "PGOPTIONS"));
}

#[test]
fn what_cannot_be_meant_is_refused_with_advice() {
    for (url, part) in [
        ("postgres:h/d", "write // after"),
        ("postgres://", "names no host"),
        ("postgres:///d", "names no host"),
        ("postgres://u:p@/d", "names no host"),
        ("postgres://h1,,h2/d", "host is empty"),
        ("postgres://h1,/d", "host is empty"),
        ("postgres://:5433/d", "host is empty"),
        ("postgres:///d?host=h1,", "host is empty"),
        ("postgres://h:/d", "a port is not"),
        ("postgres://h:0/d", "a port is not"),
        ("postgres://h:65536/d", "a port is not"),
        ("postgres://h:+5/d", "a port is not"),
        ("postgres://h/d?port=x", "a port is not"),
        ("postgres://::1/d", "a port is not"),
        ("postgres://h1,h2/d?port=1,2,3", "one for each host"),
        ("postgres://h1,h2/d?port=1,", "a port is not"),
        ("postgres://[::1/d", "a port is not"),
        ("postgres://[::g]/d", "a host is neither"),
        ("postgres://h!/d", "a host is neither"),
        ("postgres://bücher/d", "a host is neither"),
        ("postgres://@h/d", "user is empty"),
        ("postgres://:pw@h/d", "user is empty"),
        ("postgres://u:@h/d", "password is empty"),
        ("postgres://u:50%@h/d", "password holds a %"),
        ("postgres://u:%zz@h/d", "password holds a %"),
        ("postgres://u:%00@h/d", "password is not UTF-8"),
        ("postgres://u:%ff@h/d", "password is not UTF-8"),
        ("postgres://h/d/e", "percent-encoded"),
        ("postgres://h/d&sslmode=require", "a ? is missing"),
        ("postgres://h/d#x", "more than one way"),
        ("postgres://h/d ", "a space"),
        ("postgres://h/d\n", "a line break"),
        ("postgres://u:a/b@h/d", "more than one way"),
        ("postgres://u:a?b@h/d", "more than one way"),
        ("postgres://u:a#b@h/d", "more than one way"),
        ("postgres://u:a@b@h/d", "more than one way"),
        ("postgres://h/d?password=a@b", "more than one way"),
        ("postgres://h1/d?host=h2", "host is given twice"),
        ("postgres://h:1/d?port=2", "port is given twice"),
        ("postgres://u@h/d?user=v", "user is given twice"),
        ("postgres://u:p@h/d?password=q", "password is given twice"),
        ("postgres://h/d?dbname=e", "dbname is given twice"),
        (
            "postgres://h/d?sslmode=require&sslmode=require",
            "sslmode is given twice",
        ),
        ("postgres://h/d?sslmode=", "sslmode is empty"),
        (
            "postgres://h/d?sslmode=Require",
            "sslmode must be disable, allow",
        ),
        ("postgres://h/d?sslmode", "no = after its name"),
        ("postgres://h/d?", "no = after its name"),
        ("postgres://h/d?sslmode=require&", "no = after its name"),
        (
            "postgres://h/d?ssl-mode=require",
            "ssl-mode is not a known parameter; known are host,",
        ),
        (
            "postgres://h/d?options=-csearch_path=x",
            "options is not a known",
        ),
        ("postgres://h/d?sslcert=/c", "belong together"),
        (
            "postgres://h/d?sslrootcert=system&sslmode=require",
            "needs sslmode=verify-full",
        ),
        (
            "postgres://h/d?connect_timeout=0",
            "connect_timeout must be seconds",
        ),
        (
            "postgres://h/d?connect_timeout=5s",
            "connect_timeout must be seconds",
        ),
        (
            "postgres://h/d?target_session_attrs=standby",
            "must be any, read-write or primary",
        ),
    ] {
        let error = refusal(url).to_string();
        assert!(error.contains(part), "{url}: {error}");
    }
}

#[test]
fn a_stray_piece_of_a_password_is_not_named_as_a_parameter() {
    let error = refusal("postgres://h/d?password=hunter&two=3");
    assert!(matches!(
        error,
        AddressError::UnknownParameter { name: None, .. }
    ));
    assert!(error.to_string().contains("%26"), "{error}");
}
