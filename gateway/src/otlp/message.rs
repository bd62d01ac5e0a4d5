//! What documents measured, as messages of the OpenTelemetry protocol.
//!
//! One idea: one resource for each workspace and unit, so that nothing crosses workspaces, and one
//! cumulative histogram without buckets for each series. Must not know how messages travel.

use crate::report::{MetricSeries, UnitMetrics, WorkspaceMetrics};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
    metrics::v1::{
        AggregationTemporality, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
        ScopeMetrics, Sum, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};

/// Series in one message; further ones travel in further messages.
pub(super) const MESSAGE_SERIES_MAX: usize = 2_000;

/// Counts what was not added, because a workspace had too many series.
const DROPPED: &str = "hanse.metrics.dropped";

/// Who exports.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name of the service.
    pub service: String,
    /// Name of the node.
    pub node: String,
}

/// Messages that tell everything, each with at most [`MESSAGE_SERIES_MAX`] series.
pub(super) fn messages(
    source: &Source,
    units: &[UnitMetrics],
    now_ms: i64,
) -> Vec<ExportMetricsServiceRequest> {
    let mut all = Vec::new();
    let mut resources = Vec::new();
    let mut room = MESSAGE_SERIES_MAX;
    for unit in units {
        let times = (nanos(unit.started_ms), nanos(now_ms));
        for workspace in &unit.workspaces {
            let mut rest = &workspace.series[..];
            loop {
                let (now, later) = rest.split_at(rest.len().min(room));
                let mut scopes = scopes(now, times);
                rest = later;
                room -= now.len();
                if rest.is_empty() && workspace.dropped > 0 {
                    scopes.push(dropped(workspace.dropped, times));
                }
                if !scopes.is_empty() {
                    let resource = Some(resource(source, unit, workspace));
                    resources.push(ResourceMetrics {
                        resource,
                        scope_metrics: scopes,
                        ..ResourceMetrics::default()
                    });
                }
                if room == 0 {
                    let resource_metrics = std::mem::take(&mut resources);
                    all.push(ExportMetricsServiceRequest { resource_metrics });
                    room = MESSAGE_SERIES_MAX;
                }
                if rest.is_empty() {
                    break;
                }
            }
        }
    }
    if !resources.is_empty() {
        all.push(ExportMetricsServiceRequest { resource_metrics: resources });
    }
    all
}

fn resource(source: &Source, unit: &UnitMetrics, workspace: &WorkspaceMetrics) -> Resource {
    let number = unit.id.0.to_string();
    let attributes = [
        ("service.name", source.service.as_str()),
        ("service.instance.id", &source.node),
        ("hanse.workspace", &workspace.workspace),
        ("hanse.gateway", &unit.gateway),
        ("hanse.unit", &number),
    ];
    let attributes = attributes.map(|(name, value)| attribute(name, value)).into();
    Resource { attributes, ..Resource::default() }
}

/// Series are in the order of their namespaces, then names: each of both is told once.
fn scopes(series: &[MetricSeries], times: (u64, u64)) -> Vec<ScopeMetrics> {
    let of_namespace = series.chunk_by(|one, other| one.namespace == other.namespace);
    let scope = |series: &[MetricSeries]| {
        let of_name = series.chunk_by(|one, other| one.name == other.name);
        let metrics = of_name.map(|series| Metric {
            name: series[0].name.to_string(),
            data: Some(Data::Histogram(Histogram {
                data_points: series.iter().map(|series| point(series, times)).collect(),
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
            })),
            ..Metric::default()
        });
        in_scope(&series[0].namespace, metrics.collect())
    };
    of_namespace.map(scope).collect()
}

fn point(series: &MetricSeries, (start, now): (u64, u64)) -> HistogramDataPoint {
    HistogramDataPoint {
        attributes: series.dimensions.iter().map(|(name, value)| attribute(name, value)).collect(),
        start_time_unix_nano: start,
        time_unix_nano: now,
        count: series.count,
        sum: Some(series.sum),
        min: Some(series.min),
        max: Some(series.max),
        ..HistogramDataPoint::default()
    }
}

fn dropped(dropped: u64, (start, now): (u64, u64)) -> ScopeMetrics {
    let value = number_data_point::Value::AsInt(i64::try_from(dropped).unwrap_or(i64::MAX));
    let point = NumberDataPoint {
        start_time_unix_nano: start,
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    };
    let sum = Sum {
        data_points: vec![point],
        aggregation_temporality: AggregationTemporality::Cumulative.into(),
        is_monotonic: true,
    };
    in_scope(
        "hanse",
        vec![Metric { name: DROPPED.to_owned(), data: Some(Data::Sum(sum)), ..Metric::default() }],
    )
}

fn in_scope(name: &str, metrics: Vec<Metric>) -> ScopeMetrics {
    let scope = InstrumentationScope { name: name.to_owned(), ..InstrumentationScope::default() };
    ScopeMetrics { scope: Some(scope), metrics, ..ScopeMetrics::default() }
}

fn attribute(name: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: name.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn nanos(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default().saturating_mul(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::UnitId;

    fn sent(series: usize, dropped: u64) -> Vec<usize> {
        let one = |index: usize| MetricSeries {
            namespace: "n".into(),
            name: index.to_string().into(),
            dimensions: Vec::new(),
            sum: 1.0,
            count: 1,
            min: 1.0,
            max: 1.0,
        };
        let workspace =
            WorkspaceMetrics { workspace: "w".into(), series: (0..series).map(one).collect(), dropped };
        let unit =
            UnitMetrics { id: UnitId(1), gateway: "g".into(), started_ms: 1, workspaces: vec![workspace] };
        let source = Source { service: "hanse".into(), node: "n1".into() };
        let scopes = |message: ExportMetricsServiceRequest| {
            let scopes = message.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
            scopes.map(|scope| scope.metrics.len()).sum()
        };
        messages(&source, &[unit], 2).into_iter().map(scopes).collect()
    }

    #[test]
    fn messages_are_bounded_and_nothing_is_left_out() {
        assert_eq!(sent(0, 0), [0; 0]);
        assert_eq!(sent(0, 3), [1]);
        assert_eq!(sent(MESSAGE_SERIES_MAX, 0), [MESSAGE_SERIES_MAX]);
        assert_eq!(sent(MESSAGE_SERIES_MAX + 1, 1), [MESSAGE_SERIES_MAX, 2]);
    }
}
