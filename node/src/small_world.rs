//! A leader without a cluster, for tests: what is asked is admitted and decided as on a node.

use crate::admission::{Admission, Admitted, NotAdmitted};
use hanse_gateway::host::Random;
use hanse_model::{Accepted, Bounds, Decision, MemoryTables};
use hanse_proto::{FEATURE_LEVEL, v1, v1::command::Action, v1::principal::Who};
use hanse_raft_store::Keyring;
use std::sync::atomic::{AtomicU8, Ordering};

/// Why something was not done.
pub type Refused = Vec<v1::Violation>;

/// Bytes that are never the same again.
#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

pub struct SmallWorld {
    pub tables: MemoryTables,
    pub revision: u64,
    pub keyring: Keyring,
    pub bounds: Bounds,
    random: Counting,
}

impl SmallWorld {
    pub fn new() -> SmallWorld {
        let mut world = SmallWorld {
            tables: MemoryTables::new(),
            revision: 0,
            keyring: Keyring::new(&[7; 32]),
            bounds: Bounds::default(),
            random: Counting::default(),
        };
        let bootstrap = v1::BootstrapCommand {
            cluster_id: "c".into(),
            service_name: "hanse".into(),
            base_domain: "example.com".into(),
        };
        let system = Who::System(v1::SystemPrincipal { node: "1".into() });
        let accepted = world.decide(system, Action::Bootstrap(bootstrap)).expect("a new store takes it");
        world.keep(&accepted);
        world
    }

    pub fn admit(&self, request: &v1::ApplyRequest) -> Result<Admitted, Refused> {
        let admission = Admission { read: &self.tables, keyring: &self.keyring, random: &self.random };
        admission.admit(request).map_err(|error| match error {
            NotAdmitted::Refused(violations) => violations,
            NotAdmitted::Store(never) => match never {},
        })
    }

    /// Decides as for an administrator, and writes nothing.
    pub fn decide_apply(&self, command: v1::ApplyCommand) -> Result<Accepted, Refused> {
        let account =
            v1::Account { id: "ann".into(), groups: vec!["administrators".into()], ..Default::default() };
        self.decide(Who::Account(account), Action::Apply(command))
    }

    /// Writes what was decided.
    pub fn keep(&mut self, accepted: &Accepted) {
        self.tables.write(&accepted.writes);
        self.revision += 1;
    }

    fn decide(&self, who: Who, action: Action) -> Result<Accepted, Refused> {
        let command = v1::Command {
            feature_level: FEATURE_LEVEL,
            at_ms: 1_700_000_000_000,
            principal: Some(v1::Principal { who: Some(who) }),
            action: Some(action),
            ..Default::default()
        };
        let Ok(decision) = hanse_model::apply_with(&self.tables, &command, self.revision + 1, &self.bounds);
        match decision {
            Decision::Accepted(accepted) => Ok(accepted),
            Decision::Rejected(rejection) => Err(rejection.violations),
        }
    }
}
