//! The same check over many cases made at random, in one database.

use std::{cell::Cell, fmt::Debug};

use identity::Ctx;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestRunner},
};
use testkit::TestDatabase;

/// Checks each case under a name of its own; nothing is done where there is no such database.
pub fn check_cases<T: Debug>(
    cases: u32,
    made: impl Strategy<Value = T>,
    database: impl AsyncFnOnce() -> Option<TestDatabase>,
    check: &impl AsyncFn(&Ctx, String, T),
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(db) = runtime.block_on(database()) else {
        return;
    };
    let ctx = runtime.block_on(db.ctx());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let number = Cell::new(0);
    let outcome = TestRunner::new(config).run(&made, |case| {
        number.set(number.get() + 1);
        runtime.block_on(check(&ctx, format!("case {}", number.get()), case));
        Ok(())
    });
    // Closed inside the runtime that its connections belong to.
    runtime.block_on(async move { drop((ctx, db)) });
    outcome.unwrap();
}
