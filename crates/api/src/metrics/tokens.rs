//! What calls of models use, under the names of OpenTelemetry's semantic conventions for generative AI, as
//! Prometheus writes them: `gen_ai.client.token.usage` with its attributes.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use entity::workflow::token_usage::Model;
use prometheus::{HistogramOpts, HistogramVec, Registry};

/// As the conventions advise for this histogram.
const BUCKETS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Whoever counts usage may name any model; the series must stay few.
const MOST_MODELS: usize = 100;
const OTHER: &str = "_OTHER";

pub struct TokenMetrics {
    usage: HistogramVec,
    /// Providers with their models, as far as they have series of their own.
    known: Mutex<HashSet<(String, String)>>,
}

impl TokenMetrics {
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let usage = HistogramVec::new(
            HistogramOpts::new(
                "gen_ai_client_token_usage",
                "Number of input and output tokens used",
            )
            .buckets(BUCKETS.to_vec()),
            &[
                "gen_ai_operation_name",
                "gen_ai_provider_name",
                "gen_ai_request_model",
                "gen_ai_token_type",
            ],
        )?;
        registry.register(Box::new(usage.clone()))?;
        Ok(Self {
            usage,
            known: Mutex::default(),
        })
    }

    /// What this process has counted, once.
    pub fn observe(&self, counted: &[Model]) {
        for usage in counted {
            let (provider, model) = self.series_of(usage);
            for (kind, tokens) in [
                ("input", usage.input_tokens),
                ("output", usage.output_tokens),
            ] {
                let labels = [usage.operation.as_str(), &provider, &model, kind];
                let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
                self.usage.with_label_values(&labels).observe(tokens.into());
            }
        }
    }

    fn series_of(&self, usage: &Model) -> (String, String) {
        let model = usage.model.clone().unwrap_or_default();
        let named = (usage.provider.clone(), model);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&named) {
            return named;
        }
        if known.len() < MOST_MODELS {
            known.insert(named.clone());
            return named;
        }
        (OTHER.to_owned(), OTHER.to_owned())
    }
}
