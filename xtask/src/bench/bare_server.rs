//! A handler that returns a constant: the fastest that the web framework can answer.

use std::io::{self, Write};
use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Result;
use clap::Args;

#[derive(Args)]
pub struct Options {
    #[arg(long)]
    port: u16,
    /// The size of the body
    #[arg(long)]
    bytes: usize,
    /// As many as the product has
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

pub fn run(options: &Options) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", options.port))?;
    let url = format!("http://{}", listener.local_addr()?);
    let body = web::Bytes::from(vec![b'x'; options.bytes]);
    let server = HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move || {
            let body = body.clone();
            async move {
                HttpResponse::Ok()
                    .content_type("application/json")
                    .body(body)
            }
        }))
    })
    .workers(options.workers)
    .listen(listener)?
    .run();
    println!("{}", serde_json::json!({ "url": url }));
    io::stdout().flush()?;
    Ok(actix_web::rt::System::new().block_on(server)?)
}
