use async_trait::async_trait;
use chrono::TimeDelta;
use entity::values::JobMode;
use serde_json::json;

use super::{Failure, Sender, message_id};
use crate::{
    jobs,
    worker::{Assignment, Done, Finish, JobHandler},
};

/// An endpoint may ask to be left alone for as long.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Does jobs of mode `deliver`: each is one message to one endpoint.
#[derive(Clone, Debug)]
pub struct Deliverer(Sender);

impl Deliverer {
    pub fn new(sender: Sender) -> Self {
        Self(sender)
    }
}

#[async_trait]
impl JobHandler for Deliverer {
    fn mode(&self) -> JobMode {
        JobMode::Deliver
    }

    async fn work(&self, assignment: &Assignment) -> Result<Box<dyn Finish>, jobs::Failure> {
        let id = message_id(assignment.id());
        let now = assignment.ctx.now();
        match self.0.send(&assignment.job.payload_json, &id, now).await {
            Ok(status) => Ok(Box::new(Done(Some(json!({ "status": status }))))),
            Err(failure) => Err(failure.into()),
        }
    }
}

impl From<Failure> for jobs::Failure {
    fn from(failure: Failure) -> Self {
        let pause = failure.retry_after.map(|asked| {
            let asked = TimeDelta::from_std(asked).unwrap_or(LONGEST_PAUSE);
            asked.min(LONGEST_PAUSE)
        });
        Self {
            error: failure.detail,
            retry: !failure.is_final,
            pause,
        }
    }
}
