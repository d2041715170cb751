//! Mistakes that a service of this kind can make, each of which the checker must find.

use stateright::Checker;

use super::{Workflow, soundness};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A completion is taken from whoever names a running job.
    CompletionChecksNothing,
    /// A completion is checked by the attempt alone, and a redrive counts attempts anew.
    CompletionChecksOnlyTheAttempt,
    /// A claim after a lease that ran out goes on under the old token and attempt.
    ExpiryKeepsTheToken,
    /// A heartbeat takes the lease back, whoever has it now.
    LateHeartbeatRevives,
    /// What the job is for commits before its completion, which may then be refused.
    EffectBeforeCompletion,
    /// A cancel of a running job lets the thread's next one start at once.
    CancelFreesTheThread,
    /// The first of the queue may start, whatever is running.
    PromotionIgnoresTheRunning,
    /// A job that fails does not let the next one of its thread start.
    FailureForgetsPromotion,
    /// Any approval can be consumed, whatever became of it.
    ConsumeIgnoresTheStatus,
    /// The action's hash is not compared.
    ConsumeIgnoresTheHash,
    /// An approval can be consumed by an attempt whose lease ran out.
    ConsumeIgnoresTheLease,
    /// A job waits for an approval that was decided before it began to wait.
    ParkIgnoresTheDecision,
    /// A job that ran out of its lease in its last attempt is left as it is.
    SweepForgetsTheLastAttempt,
}

/// The checker finds that the property does not hold.
fn assert_found(model: Workflow, flaw: Flaw, property: &'static str) {
    let checker = model.with(flaw).seek(property);
    assert!(
        checker.discovery(property).is_some(),
        "with {flaw:?} `{property}` holds in all {} states",
        checker.unique_state_count()
    );
}

macro_rules! found {
    ($($name:ident: $flaw:ident in $model:ident breaks $property:literal;)+) => {$(
        #[test]
        fn $name() {
            assert_found(soundness::$model(), Flaw::$flaw, $property);
        }
    )+};
}

found! {
    a_completion_without_any_check: CompletionChecksNothing
        in leases breaks "only the holder of the latest lease is heard";
    a_completion_without_the_token: CompletionChecksOnlyTheAttempt
        in redrives breaks "only the holder of the latest lease is heard";
    an_expiry_that_keeps_the_token: ExpiryKeepsTheToken
        in leases breaks "only the holder of the latest lease is heard";
    a_heartbeat_that_revives: LateHeartbeatRevives
        in leases breaks "only the holder of the latest lease is heard";
    an_effect_before_its_completion: EffectBeforeCompletion
        in leases breaks "no effect is committed twice";
    a_cancel_that_frees_the_thread: CancelFreesTheThread
        in cancels breaks "one worker at a time is at work in a thread";
    a_promotion_beside_a_running_job: PromotionIgnoresTheRunning
        in leases breaks "one job of a thread runs at a time";
    a_failure_that_promotes_nothing: FailureForgetsPromotion
        in leases breaks "nothing is left to wait for ever";
    a_consumption_without_approval: ConsumeIgnoresTheStatus
        in approvals breaks "only what was approved is done";
    a_consumption_twice: ConsumeIgnoresTheStatus
        in approvals breaks "what was approved is done once";
    a_consumption_of_another_action: ConsumeIgnoresTheHash
        in approvals breaks "only what was approved is done";
    a_consumption_without_the_lease: ConsumeIgnoresTheLease
        in approvals breaks "only the holder of the latest lease is heard";
    a_park_after_the_decision: ParkIgnoresTheDecision
        in approvals breaks "nothing is left to wait for ever";
    a_sweep_that_forgets: SweepForgetsTheLastAttempt
        in leases breaks "nothing is left to wait for ever";
}
