//! A service whose database is not there yet, or not there any more.

use std::time::{Duration, Instant};

use serde_json::Value;
use testservers::{Cluster, Durability, StopMode};

use crate::support::{Home, Service};

/// Longer than any of these tests should take.
const PATIENCE: Duration = Duration::from_mins(1);

fn cluster() -> Option<Cluster> {
    if testservers::find_postgres().is_none() {
        println!("skipped: there is no PostgreSQL to start");
        return None;
    }
    // It is killed, and must know its tables afterwards.
    let cluster = Cluster::start(Durability::Committed).unwrap();
    cluster.create_database("books").unwrap();
    Some(cluster)
}

fn home(cluster: &Cluster) -> Home {
    let with_password = cluster.url("books").replace('@', ":hunter2@");
    Home::on(&with_password).with("DB_ACQUIRE_TIMEOUT", "0.3")
}

struct Reply {
    status: u16,
    retry_after: Option<String>,
    body: Value,
}

fn get(service: &Service, path: &str) -> Reply {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let question = agent.get(format!("{}{path}", service.url));
    let mut answer = service.ask(question).call().unwrap();
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.map(|value| value.to_str().unwrap().to_owned());
    let text = answer.body_mut().read_to_string().unwrap();
    Reply {
        status: answer.status().as_u16(),
        retry_after,
        body: serde_json::from_str(&text).unwrap(),
    }
}

fn wait_for(service: &Service, path: &str, is_reached: impl Fn(&Reply) -> bool) -> Reply {
    let started = Instant::now();
    loop {
        let reply = get(service, path);
        if is_reached(&reply) {
            return reply;
        }
        assert!(started.elapsed() < PATIENCE, "{path}: {}", reply.body);
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn is_refused_for_now(reply: &Reply, code: &str) {
    assert_eq!(
        (reply.status, &reply.body["code"]),
        (503, &code.into()),
        "{}",
        reply.body
    );
    assert!(reply.retry_after.is_some());
}

#[test]
fn it_comes_up_and_becomes_ready_without_a_restart() {
    let Some(cluster) = cluster() else { return };
    cluster.stop(StopMode::Fast).unwrap();
    let home = home(&cluster).with("TALLYSTICK__DATABASE__MIGRATE_ON_START", "true");
    let service = home.serve("serve");

    assert_eq!(get(&service, "/livez").status, 200);
    let ready = get(&service, "/api/v1/ready");
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["dependencies"]["db"], "disconnected");
    assert_eq!(get(&service, "/health").body["status"], "unavailable");
    is_refused_for_now(&get(&service, "/v1/portfolios"), "database_unavailable");

    cluster.start_again().unwrap();
    wait_for(&service, "/api/v1/ready", |reply| reply.status == 200);
    home.add_user();
    let service = service.signed_in(&home);
    wait_for(&service, "/v1/portfolios", |reply| reply.status == 200);

    cluster.stop(StopMode::Immediate).unwrap();
    wait_for(&service, "/health", |reply| reply.status == 503);
    is_refused_for_now(&get(&service, "/v1/portfolios"), "database_unavailable");
    assert_eq!(get(&service, "/livez").status, 200);

    cluster.start_again().unwrap();
    wait_for(&service, "/v1/portfolios", |reply| reply.status == 200);
    assert_eq!(service.stop_with("-TERM"), Some(0));
    assert!(
        !home.service_log().contains("hunter2"),
        "{}",
        home.service_log()
    );
}

#[test]
fn it_waits_for_the_migrations_that_it_may_not_run_itself() {
    let Some(cluster) = cluster() else { return };
    cluster.stop(StopMode::Fast).unwrap();
    let home = home(&cluster);
    let service = home.serve("serve");
    cluster.start_again().unwrap();

    let pending = wait_for(&service, "/api/v1/ready", |reply| {
        reply.body["dependencies"]["db"] == "connected"
    });
    assert_eq!(pending.status, 503);
    assert_eq!(pending.body["dependencies"]["migrations"], "pending");
    is_refused_for_now(&get(&service, "/v1/portfolios"), "database_unavailable");

    let started = Instant::now();
    while !home.service_log().contains("tallystick migrate up") {
        assert!(started.elapsed() < PATIENCE, "{}", home.service_log());
        std::thread::sleep(Duration::from_millis(50));
    }

    home.run(&["migrate", "up"]).succeeded();
    home.add_user();
    let service = service.signed_in(&home);
    wait_for(&service, "/v1/portfolios", |reply| reply.status == 200);
    assert_eq!(service.stop_with("-TERM"), Some(0));
}
