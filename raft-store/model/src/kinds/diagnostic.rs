//! Diagnostics: what of each request is logged, and where.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::{Diagnostic, DiagnosticMessage};
use hanse_proto::{Kind, Name};

const BODY_BYTES_MAX: i64 = 8_192;
const MESSAGE_BYTES_MAX: i64 = 262_144;

impl Rules for Diagnostic {
    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.logger_id, Kind::Logger);
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        if self.logger_id.is_empty() {
            fields.invalid("loggerId", "missing; the name of a logger is required");
        }
        fields.word("alwaysLog", &self.always_log, &["allErrors"]);
        if let Some(sampling) = &self.sampling {
            fields.word("sampling.samplingType", &sampling.sampling_type, &["fixed"]);
            let percentage = sampling.percentage.unwrap_or(100.0);
            if !(0.0..=100.0).contains(&percentage) {
                fields.invalid(
                    "sampling.percentage",
                    format!("{percentage} is out of range; 0 to 100 are allowed"),
                );
            }
        }
        for (at, pipeline) in [("frontend", &self.frontend), ("backend", &self.backend)] {
            let Some(pipeline) = pipeline else { continue };
            for (side, message) in [("request", &pipeline.request), ("response", &pipeline.response)] {
                if let Some(message) = message {
                    check_message(&format!("{at}.{side}"), message, fields);
                }
            }
        }
        let protocols = ["None", "Legacy", "W3C"];
        fields.word("httpCorrelationProtocol", &self.http_correlation_protocol, &protocols);
        fields.word("verbosity", &self.verbosity, &["verbose", "information", "error"]);
        fields.word("operationNameFormat", &self.operation_name_format, &["Name", "Url"]);
        if let Some(model) = &self.large_language_model {
            fields.word("largeLanguageModel.logs", &model.logs, &["enabled", "disabled"]);
            for (side, messages) in [("requests", &model.requests), ("responses", &model.responses)] {
                let Some(messages) = messages else { continue };
                let at = format!("largeLanguageModel.{side}");
                fields.word(&format!("{at}.messages"), &messages.messages, &["all"]);
                if let Some(size) = messages.max_size_in_bytes {
                    fields.number(&format!("{at}.maxSizeInBytes"), i64::from(size), 1, MESSAGE_BYTES_MAX);
                }
            }
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::new("loggerId", name, &self.logger_id, &[Kind::Logger]).guarded()]
    }
}

fn check_message(at: &str, message: &DiagnosticMessage, fields: &mut Fields<'_>) {
    for (index, header) in message.headers.iter().enumerate() {
        fields.token(&format!("{at}.headers[{index}]"), header);
    }
    if let Some(body) = &message.body {
        fields.number(&format!("{at}.body.bytes"), i64::from(body.bytes), 0, BODY_BYTES_MAX);
    }
    let masks = message.data_masking.iter();
    let masks = masks.flat_map(|masking| {
        let headers = masking.headers.iter().map(|mask| ("headers", mask));
        headers.chain(masking.query_params.iter().map(|mask| ("queryParams", mask)))
    });
    for (place, mask) in masks {
        let at = format!("{at}.dataMasking.{place}");
        fields.line(&format!("{at}.value"), &mask.value, 1, 256);
        fields.word(&format!("{at}.mode"), &mask.mode, &["Mask", "Hide"]);
    }
}
