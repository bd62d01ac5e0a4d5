//! The `ImportOpenApi` call: what a document changes of an API, decided as any write is.

use super::{
    decisions::{catch_up_once, decide_apply, digest_of, in_turn, store_failed},
    openapi::ApiParts,
    refusal::refusal,
    writes::{Undecided, Write},
};
use crate::{admission::violation, state::Node};
use hanse_proto::{Name, v1};

impl Write for v1::ImportOpenApiRequest {
    type Answer = v1::ImportOpenApiResponse;
    const METHOD: &'static str = "/hanse.v1.Management/ImportOpenApi";

    fn request_id(&mut self) -> &mut String {
        &mut self.request_id
    }

    async fn decide(
        &self,
        node: &Node,
        principal: &v1::Principal,
    ) -> Result<v1::ImportOpenApiResponse, Undecided> {
        catch_up_once(node).await?;
        let (changes, plan, warnings) = in_turn(node, || self.plan(node)).await??;
        if changes.is_empty() {
            let revision = node.view().map_err(store_failed)?.revision();
            let unchanged = v1::ApplyResponse {
                revision,
                request_id: self.request_id.clone(),
                dry_run: self.dry_run,
                warnings,
                ..Default::default()
            };
            return Ok(v1::ImportOpenApiResponse { applied: Some(unchanged), ..plan });
        }
        let request = v1::ApplyRequest {
            changes,
            request_id: self.request_id.clone(),
            dry_run: self.dry_run,
            ..Default::default()
        };
        let mut applied = decide_apply(node, principal, &request, digest_of(self)).await?;
        applied.warnings.splice(0..0, warnings);
        Ok(v1::ImportOpenApiResponse { applied: Some(applied), ..plan })
    }
}

/// Changes, what to answer about them, and what is worth saying.
type Plan = (Vec<v1::Change>, v1::ImportOpenApiResponse, Vec<v1::Warning>);

trait Import {
    fn plan(&self, node: &Node) -> Result<Plan, Undecided>;
}

impl Import for v1::ImportOpenApiRequest {
    fn plan(&self, node: &Node) -> Result<Plan, Undecided> {
        let refuse = |violation| Undecided::Refused(refusal(vec![violation]));
        let prefix = if self.parent.is_empty() { String::new() } else { format!("{}/", self.parent) };
        let name = Name::parse(&format!("{prefix}apis/{}", self.api))
            .map_err(|error| refuse(violation("invalid", &self.api, "api", &error.message)))?;
        let text = std::str::from_utf8(&self.document).map_err(|_| {
            refuse(violation("invalid", name.as_str(), "document", "the document is not UTF-8 text"))
        })?;
        let translate = match self.translate_required_query_parameters.as_str() {
            "" | "template" => hanse_openapi::Translate::Template,
            "query" => hanse_openapi::Translate::Query,
            other => {
                let message = format!("`{other}` is unknown; there are template and query");
                return Err(refuse(violation(
                    "invalid",
                    name.as_str(),
                    "translateRequiredQueryParameters",
                    &message,
                )));
            }
        };
        let options =
            hanse_openapi::Options { translate_required_query_parameters: translate, ..Default::default() };
        let (imported, findings) = hanse_openapi::read(&self.file_name, text, &options);
        let Some(imported) = imported else {
            let violations = findings
                .into_iter()
                .filter(|finding| finding.severity == hanse_openapi::Severity::Error)
                .map(|finding| v1::Violation {
                    line: finding.line,
                    column: finding.column,
                    ..violation("invalid", name.as_str(), &finding.pointer, &finding.message)
                })
                .collect();
            return Err(Undecided::Refused(refusal(violations)));
        };
        let warnings = findings
            .into_iter()
            .map(|finding| v1::Warning {
                name: name.to_string(),
                message: finding.message,
                line: finding.line,
                column: finding.column,
            })
            .collect();
        let present = present(node, &name)?;
        let plan = hanse_openapi::plan_import(
            &name,
            &imported,
            &present.operations,
            present.api.as_ref(),
            present.schemas.get(hanse_openapi::SCHEMA_ID),
            self.path.as_deref(),
            self.service_url.as_deref(),
        );
        let deletes = plan.deletes.into_iter().map(v1::change::Change::Delete);
        let carried = carry_policies(node, &plan.carried)?;
        let puts = plan.puts.into_iter().chain(carried).map(v1::change::Change::Put);
        let changes = deletes
            .chain(puts)
            .map(|change| v1::Change { change: Some(change), ..Default::default() })
            .collect();
        let counts = v1::ImportOpenApiResponse {
            applied: None,
            operations: u32::try_from(imported.operations.len()).unwrap_or(u32::MAX),
            created: plan.created,
            updated: plan.updated,
            deleted: plan.deleted,
        };
        Ok((changes, counts, warnings))
    }
}

/// Policy documents of operations that go on under another id, under their new names.
fn carry_policies(node: &Node, carried: &[hanse_openapi::Carried]) -> Result<Vec<v1::Resource>, Undecided> {
    let view = node.view().map_err(store_failed)?;
    let mut policies = Vec::new();
    for carried in carried {
        let policy_of = |operation: &str| Name::parse(&format!("{operation}/policies/policy"));
        let (Ok(from), Ok(to)) = (policy_of(&carried.from), policy_of(&carried.to)) else { continue };
        let stored = hanse_model::get(&view, &from).map_err(store_failed)?;
        if let Some(spec) = stored.and_then(|it| it.resource).and_then(|it| it.spec) {
            policies.push(v1::Resource { name: to.to_string(), spec: Some(spec), ..Default::default() });
        }
    }
    Ok(policies)
}

/// The API as it is now.
fn present(node: &Node, api: &Name) -> Result<ApiParts, Undecided> {
    let view = node.view().map_err(store_failed)?;
    ApiParts::read(&view, api).map_err(store_failed)
}
