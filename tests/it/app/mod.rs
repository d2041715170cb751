//! A real server over a test's own database, and a client that talks HTTP to it.

pub mod books;
mod documented;
mod jobs;
pub mod people;
mod reply;

use std::{net::TcpListener, sync::Arc, thread::JoinHandle, time::Duration};

use actix_web::dev::ServerHandle;
use api::{ApiConfig, AppState, Limits, SchemaState};
use chrono::Utc;
use db::Database;
use entity::values::{UserId, UserRole};
use identity::Clock;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use testkit::TestDatabase;

pub use people::{People, Someone};
pub use reply::Reply;

const OWNER: &str = "owner@example.org";

pub struct App {
    pub url: String,
    /// Sends the credentials of [`App::token`], unless a request has its own.
    pub client: Client,
    handle: ServerHandle,
    server: Option<JoinHandle<()>>,
    /// The administrator who is the caller of all requests.
    pub user: UserId,
    /// Of that user's session.
    pub token: String,
    /// As that user has it.
    pub database: Database,
    pub people: People,
    /// Goes with the server that it was made for.
    db: Option<TestDatabase>,
}

impl App {
    pub async fn start(db: TestDatabase) -> Self {
        Self::start_with(db, |_| {}).await
    }

    pub async fn start_with(db: TestDatabase, configure: impl FnOnce(&mut ApiConfig)) -> Self {
        let mut config = ApiConfig::new("test");
        configure(&mut config);
        let database = db.database.clone();
        let mut app = Self::over(database, config).await;
        app.db = Some(db);
        app
    }

    /// A second server on the same database, with connections of its own as another process has.
    pub async fn beside(first: &Self) -> Self {
        let settings = first.db.as_ref().map(TestDatabase::settings).unwrap();
        let database = Database::connect(&settings).await.unwrap();
        Self::over(database, ApiConfig::new("test")).await
    }

    /// Over a database that was opened in a way of its own.
    pub async fn on(database: Database) -> Self {
        Self::over(database, ApiConfig::new("test")).await
    }

    async fn over(database: Database, config: ApiConfig) -> Self {
        let clock = Clock::new(Utc::now);
        let people = People::new(database.clone(), clock);
        let security = people.security();
        let state = AppState::new(database.clone(), clock, config, security, schema_state).unwrap();
        state.set_ready();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (handle, server) = run(Arc::new(state), listener);
        let owner = people.find_or_add(OWNER, UserRole::Admin).await;
        Self {
            url,
            client: owner.client,
            handle,
            server: Some(server),
            user: owner.id,
            token: owner.token,
            database: database.for_tenant(owner.id.0),
            people,
            db: None,
        }
    }

    /// Another user of this role, with a session.
    pub async fn someone(&self, email: &str, role: UserRole) -> Someone {
        self.people.find_or_add(email, role).await
    }

    pub fn request_as(&self, someone: &Someone, method: Method, path: &str) -> RequestBuilder {
        someone
            .client
            .request(method, format!("{}{path}", self.url))
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let reply = Reply::read(client.execute(request).await.unwrap()).await;
        documented::check(&method, &path, &reply);
        reply
    }

    /// Asks the server at once to stop when what is under way has ended; the future waits for that.
    pub fn stop(&self) -> impl Future<Output = ()> + use<> {
        self.handle.stop(true)
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn head(&self, path: &str) -> Reply {
        self.send(self.request(Method::HEAD, path)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    /// A POST of a body that is not JSON.
    pub async fn upload(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let request = self
            .request(Method::POST, path)
            .header("content-type", content_type);
        self.send(request.body(body)).await
    }

    pub async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = self
            .request(Method::POST, path)
            .header("idempotency-key", key);
        self.send(request.json(body)).await
    }

    pub async fn get_if_none_match(&self, path: &str, etag: &str) -> Reply {
        self.send(
            self.request(Method::GET, path)
                .header("if-none-match", etag),
        )
        .await
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // The command is sent at once; nobody needs to wait for its echo.
        drop(self.handle.stop(false));
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

/// The server has a thread and runtime of its own, as it has in the program.
fn run(state: Arc<AppState>, listener: TcpListener) -> (ServerHandle, JoinHandle<()>) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let limits = Limits {
                workers: 2,
                shutdown_timeout: Duration::from_secs(5),
                ..Limits::default()
            };
            let server = api::serve(state, listener, &limits).unwrap();
            sender.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    (receiver.recv().unwrap(), server)
}

fn schema_state(database: Database) -> futures_util::future::BoxFuture<'static, SchemaState> {
    Box::pin(async move {
        match migration::require_current(&database).await {
            Ok(()) => SchemaState::Current,
            Err(migration::Error::Pending { .. }) => SchemaState::Pending,
            Err(_) => SchemaState::Unknown,
        }
    })
}
