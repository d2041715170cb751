use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::FutureExt;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The parameters in a path.
pub struct UrlPath<T>(pub T);

pub const LONGEST: usize = 200;

impl<T: DeserializeOwned + 'static> FromRequest for UrlPath<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read<T: DeserializeOwned + 'static>(request: &HttpRequest) -> Result<UrlPath<T>, Problem> {
    let mut last = "";
    for (name, value) in request.match_info().iter() {
        check(name, value)?;
        last = name;
    }
    let whole = percent_decode_str(request.uri().path()).decode_utf8();
    if whole.is_err() {
        return Err(Problem::parameter(last, "is not UTF-8"));
    }
    match web::Path::<T>::extract(request).now_or_never() {
        Some(Ok(path)) => Ok(UrlPath(path.into_inner())),
        _ => Err(Problem::parameter(last, "is not an id of this kind")),
    }
}

fn check(name: &str, value: &str) -> Result<(), Problem> {
    if value.len() > LONGEST {
        return Err(Problem::parameter(
            name,
            format!("is longer than {LONGEST} bytes"),
        ));
    }
    if value.contains('\0') || value.contains("%00") {
        return Err(Problem::parameter(name, "holds a NUL character"));
    }
    Ok(())
}
