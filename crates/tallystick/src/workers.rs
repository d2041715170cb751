//! Workers within this program: what they do, and when they begin and end.

mod patterns;

use std::sync::Arc;

use api::LedgerHeadReader;
use db::Database;
use entity::values::{JobMode, UserId};
use identity::{Actor, Ctx};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use workflow::{
    webhooks::{Client, Deliverer, Endpoints, Sender},
    worker::{JobHandler, Worker, WorkerConfig, upkeep},
};

use crate::{approvals, session, settings::Settings};

/// Workers under way.
#[derive(Clone, Default)]
pub struct Workers {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Workers {
    /// Begins the upkeep of jobs and approvals, and a worker if the settings have one; answers what it does.
    pub fn begin(
        &self,
        settings: &Settings,
        database: &Database,
        endpoints: Option<Arc<Endpoints>>,
    ) -> Vec<JobMode> {
        let ctx = service_ctx(database);
        let (upkept, expired, stop) = (ctx.clone(), database.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = upkeep::keep(upkept) => {}
                () = approvals::expire(expired) => {}
            }
        });
        let worker = &settings.worker;
        let handlers = handlers(settings, endpoints);
        if worker.concurrency == 0 || handlers.is_empty() {
            return Vec::new();
        }
        let modes = handlers.iter().map(|handler| handler.mode()).collect();
        let config = WorkerConfig {
            name: format!("tallystick {}", std::process::id()),
            concurrency: worker.concurrency,
            lease: worker.lease,
            ..WorkerConfig::default()
        };
        let worker = Worker::new(ctx, config, handlers);
        self.tasks.spawn(worker.run(self.stop.clone()));
        modes
    }

    /// Takes no more jobs, and waits for those under way, though not for ever.
    pub async fn end(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn handlers(settings: &Settings, endpoints: Option<Arc<Endpoints>>) -> Vec<Arc<dyn JobHandler>> {
    let mut handlers: Vec<Arc<dyn JobHandler>> = Vec::new();
    if let Some(endpoints) = endpoints {
        let sender = Sender::new(endpoints, Client::new());
        handlers.push(Arc::new(Deliverer::new(sender)));
    }
    if settings.worker.executes_patterns {
        let head = LedgerHeadReader::new(settings.ledger.path.clone());
        handlers.push(Arc::new(patterns::Patterns::new(head)));
    }
    handlers
}

/// The service on nobody's books.
fn service_ctx(database: &Database) -> Ctx {
    let (actor, clock) = (Actor::system(), session::clock());
    Ctx::new(actor, UserId::NOBODY, "worker".into(), clock, database)
}
