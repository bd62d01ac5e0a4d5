//! What documents measure.
//!
//! One idea: each workspace has series of its own, told apart by namespace, name and dimensions, and at
//! most so many of them; what would begin another one is dropped, and counted. Sums only grow: whoever
//! reads them twice knows what happened between. Must not know who reads them.

use hanse_policy::Metric;
use std::{cmp::Ordering, collections::HashMap, sync::Arc};

/// All series of a unit.
pub(super) struct Metrics {
    workspace_series_max: usize,
    workspaces: HashMap<Box<str>, Series>,
    /// To write keys into.
    key: String,
}

#[derive(Default)]
struct Series {
    by_key: HashMap<Box<str>, MetricSeries>,
    dropped: u64,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSeries {
    /// What the metric belongs to; `API Management` where the document does not say.
    pub namespace: Arc<str>,
    /// The metric.
    pub name: Arc<str>,
    /// Names and values.
    pub dimensions: Vec<(Arc<str>, Arc<str>)>,
    /// Of all values.
    pub sum: f64,
    /// How often something was added.
    pub count: u64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// What the documents of a workspace have measured in one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceMetrics {
    /// The workspace's id; empty: the service itself.
    pub workspace: Arc<str>,
    /// In the order of namespace, name and dimensions.
    pub series: Vec<MetricSeries>,
    /// How often something was not added, because there were too many series.
    pub dropped: u64,
}

impl Metrics {
    pub(super) fn new(workspace_series_max: usize) -> Metrics {
        Metrics { workspace_series_max, workspaces: HashMap::new(), key: String::new() }
    }

    pub(super) fn add(&mut self, metric: &Metric<'_>) {
        self.key.clear();
        for part in [metric.namespace, metric.name] {
            push(&mut self.key, part);
        }
        for (name, value) in metric.dimensions {
            push(&mut self.key, name);
            push(&mut self.key, value);
        }
        if !self.workspaces.contains_key(metric.workspace) {
            self.workspaces.insert(metric.workspace.into(), Series::default());
        }
        let series = self.workspaces.get_mut(metric.workspace).expect("it was there or put there");
        if !series.by_key.contains_key(self.key.as_str()) {
            if series.by_key.len() >= self.workspace_series_max {
                series.dropped += 1;
                return;
            }
            series.by_key.insert(self.key.as_str().into(), MetricSeries::new(metric));
        }
        series.by_key.get_mut(self.key.as_str()).expect("it was there or put there").add(metric.value);
    }

    pub(super) fn snapshot(&self) -> Vec<WorkspaceMetrics> {
        let mut all = Vec::with_capacity(self.workspaces.len());
        for (workspace, of_workspace) in &self.workspaces {
            let mut series: Vec<MetricSeries> = of_workspace.by_key.values().cloned().collect();
            series.sort_by(MetricSeries::compare);
            all.push(WorkspaceMetrics {
                workspace: (**workspace).into(),
                series,
                dropped: of_workspace.dropped,
            });
        }
        all.sort_by(|one, other| one.workspace.cmp(&other.workspace));
        all
    }
}

impl MetricSeries {
    fn new(metric: &Metric<'_>) -> MetricSeries {
        let pair = |(name, value): &(&str, &str)| (Arc::from(*name), Arc::from(*value));
        MetricSeries {
            namespace: metric.namespace.into(),
            name: metric.name.into(),
            dimensions: metric.dimensions.iter().map(pair).collect(),
            sum: 0.0,
            count: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }

    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    fn compare(&self, other: &MetricSeries) -> Ordering {
        let by_name = self.namespace.cmp(&other.namespace).then_with(|| self.name.cmp(&other.name));
        by_name.then_with(|| self.dimensions.cmp(&other.dimensions))
    }
}

/// The length in front keeps parts apart whatever characters they hold.
fn push(key: &mut String, part: &str) {
    use std::fmt::Write as _;
    write!(key, "{}:{part}", part.len()).expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric<'m>(
        workspace: &'m str,
        name: &'m str,
        value: f64,
        dimensions: &'m [(&'m str, &'m str)],
    ) -> Metric<'m> {
        Metric { workspace, namespace: "n", name, value, dimensions }
    }

    #[test]
    fn values_of_one_series_are_added_up() {
        let mut metrics = Metrics::new(8);
        for value in [2.0, -1.0, 4.5] {
            metrics.add(&metric("w", "m", value, &[("a", "1")]));
        }
        metrics.add(&metric("w", "m", 1.0, &[("a", "2")]));
        metrics.add(&metric("v", "m", 1.0, &[("a", "1")]));
        let [v, w] = metrics.snapshot().try_into().expect("two workspaces");
        assert_eq!((&*v.workspace, v.series.len()), ("v", 1));
        let first = &w.series[0];
        assert_eq!((first.sum, first.count, first.min, first.max), (5.5, 3, -1.0, 4.5));
        assert_eq!(w.series.len(), 2);
    }

    #[test]
    fn series_are_bounded_for_each_workspace_and_what_is_dropped_is_counted() {
        let mut metrics = Metrics::new(2);
        for name in ["a", "b", "c", "a", "c"] {
            metrics.add(&metric("w", name, 1.0, &[]));
        }
        metrics.add(&metric("v", "a", 1.0, &[]));
        let [v, w] = metrics.snapshot().try_into().expect("two workspaces");
        assert_eq!((w.series.len(), w.dropped, w.series[0].count), (2, 2, 2));
        assert_eq!((v.series.len(), v.dropped), (1, 0));
    }
}
