//! The real log and state store on a disk whose power goes in the middle of commits, again and
//! again: every time it must open, and hold exactly what it should.
//!
//! One idea: one *life* is one disk and a replica on it, cut off and reopened several times. What
//! was proposed is applied to tables in memory as well, in the order of the revisions that the
//! answers name. After each power cut every proposal without an answer is sent again under its
//! request id (it is in the log or it is not, never twice), and then all rows of the store must be
//! those in memory, and the state hash must be that of the rows.
//!
//! Must not know the network: the replica is a cluster of one.

use crate::disk::Disk;
use bytes::Bytes;
use futures_util::{
    future::{BoxFuture, join_all},
    stream::BoxStream,
};
use hanse_model::{Decision, MemoryTables, Read, Table, apply};
use hanse_proto::{FEATURE_LEVEL, v1};
use hanse_raft_store::{
    BootstrapError, CommitMode, Member, Options, ProposeError, Replica, Role, Storage, Transport,
    TransportError, View,
};
use ring::digest::{SHA256, digest};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Power cuts in one life of a disk.
pub const CUTS_PER_LIFE: u64 = 10;

/// Batches of proposals between two power cuts, unless the power goes before.
const BATCHES_MAX: usize = 40;
/// Proposals at a time.
const BATCH_MAX: usize = 6;
/// Mutations until the power goes, mostly: a commit is some ten of them, so cuts are within one.
const FUSE_MAX: u64 = 160;
/// The same, now and then: enough for snapshots and purges.
const LONG_FUSE_MAX: u64 = 1_200;
/// Registers that the proposals write; few, so that they overwrite each other.
const NAMES: u64 = 40;
/// Entries between two snapshots: few, so that power cuts meet purging and its bookkeeping.
const SNAPSHOT_EVERY: u64 = 60;
/// Simulated time in which a lone replica must have become leader.
const LEADER_WITHIN: Duration = Duration::from_secs(20);
/// Simulated time for one proposal.
const PROPOSAL_TIMEOUT: Duration = Duration::from_secs(5);
/// 2026-01-01T00:00:00Z
const START_MS: i64 = 1_767_225_600_000;

/// What a life went through.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lived {
    /// Power cuts.
    pub cuts: u64,
    /// Of those, in the middle of a commit or of recovery.
    pub within: u64,
    /// Proposals that were acknowledged.
    pub acked: u64,
    /// Proposals that a power cut left unanswered.
    pub unanswered: u64,
    /// Of those, found in the log afterwards.
    pub survived: u64,
    /// Mutations that power cuts lost, wholly or in part.
    pub lost: u64,
}

/// Lives one life.
///
/// # Errors
/// What the store did wrong.
pub fn live(seed: u64, lying: bool) -> Result<Lived, String> {
    let disk = Disk::new();
    disk.set_lying(lying);
    let mut life = Life {
        rng: fastrand::Rng::with_seed(seed),
        disk,
        tables: MemoryTables::new(),
        known: BTreeMap::new(),
        through: 0,
        unanswered: Vec::new(),
        commands: 0,
        lived: Lived::default(),
    };
    for _ in 0..CUTS_PER_LIFE {
        life.until_the_power_goes()?;
    }
    // The last word: with power, everything is as it should be.
    life.powered(true)?;
    life.lived.lost = life.disk.counters().lost;
    Ok(life.lived)
}

struct Life {
    rng: fastrand::Rng,
    disk: Disk,
    /// What the store should hold, applied up to `through`.
    tables: MemoryTables,
    /// Commands by the revision that their answers named.
    known: BTreeMap<u64, v1::Command>,
    through: u64,
    unanswered: Vec<v1::Command>,
    commands: u64,
    lived: Lived,
}

impl Life {
    fn until_the_power_goes(&mut self) -> Result<(), String> {
        self.powered(false)?;
        self.disk.restore_power(&mut self.rng);
        self.lived.cuts += 1;
        Ok(())
    }

    /// From power to no power: open, verify, write until the fuse burns.
    fn powered(&mut self, only_verify: bool) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|error| error.to_string())?;
        // Now and then the power goes again before the store has recovered.
        if !only_verify && self.rng.u8(0..5) == 0 {
            self.disk.cut_power_after(self.rng.u64(0..FUSE_MAX / 2));
        }
        runtime.block_on(self.open_and_work(only_verify))
    }

    async fn open_and_work(&mut self, only_verify: bool) -> Result<(), String> {
        let opened = Replica::open(self.options(), Arc::new(Alone)).await;
        let done = match &opened {
            Ok(replica) => self.work(replica, only_verify).await,
            Err(error) => Err(format!("the store does not open: {error}")),
        };
        if !self.disk.has_power() {
            // Without power everything may fail.
            self.lived.within += 1;
            return Ok(());
        }
        if !only_verify {
            // What the replica still does while it is dropped must not reach the disk.
            self.disk.cut_power();
        }
        done
    }

    async fn work(&mut self, replica: &Replica, only_verify: bool) -> Result<(), String> {
        self.verify(replica).await?;
        if only_verify {
            replica.shutdown().await;
            return Ok(());
        }
        let longest = if self.rng.u8(0..5) == 0 { LONG_FUSE_MAX } else { FUSE_MAX };
        self.disk.cut_power_after(self.rng.u64(0..longest));
        for _ in 0..BATCHES_MAX {
            self.batch(replica).await?;
            // Lets the timer make the state durable, now and then.
            tokio::time::sleep(Duration::from_millis(self.rng.u64(0..60))).await;
        }
        Ok(())
    }

    fn options(&self) -> Options {
        Options {
            commit: CommitMode::Inline,
            snapshot_every: SNAPSHOT_EVERY,
            log_entries_kept: SNAPSHOT_EVERY / 4,
            ..Options::new(1, "power-cuts", Storage::Backends(Arc::new(self.disk.clone())))
        }
    }

    async fn verify(&mut self, replica: &Replica) -> Result<(), String> {
        let own = Member { id: 1, name: "n1".into(), ..Member::default() };
        match replica.bootstrap(vec![own]).await {
            Ok(()) if self.known.is_empty() => {}
            Ok(()) => return Err("a store with acknowledged commands opened as a new one".into()),
            Err(BootstrapError::AlreadyInitialized) => {}
            Err(error) => return Err(error.to_string()),
        }
        lead(replica).await?;
        if self.known.is_empty() && self.unanswered.is_empty() {
            let bootstrap = self.bootstrap_command();
            self.unanswered.push(bootstrap);
        }
        self.resend(replica).await?;
        self.resend_acked(replica).await?;
        self.catch_up()?;
        let view = replica.view().map_err(|error| error.to_string())?;
        self.compare(&view)
    }

    /// Asks again what got no answer. Each is in the log already, or it is put there now.
    async fn resend(&mut self, replica: &Replica) -> Result<(), String> {
        while let Some(command) = self.unanswered.first().cloned() {
            let applied = propose(replica, &command).await?;
            self.lived.survived += u64::from(applied.repeated_request);
            self.note(applied.revision, command)?;
            self.unanswered.remove(0);
        }
        Ok(())
    }

    /// Asks one acknowledged command again: it must get its first answer.
    async fn resend_acked(&mut self, replica: &Replica) -> Result<(), String> {
        let index = match self.known.len() {
            0 => return Ok(()),
            len => self.rng.usize(0..len),
        };
        let (revision, command) = self.known.iter().nth(index).expect("the index is below the length");
        let applied = propose(replica, command).await?;
        if !applied.repeated_request || applied.revision != *revision {
            return Err(format!(
                "request {} was acknowledged at revision {revision} and is applied again at {}",
                command.request_id, applied.revision
            ));
        }
        Ok(())
    }

    async fn batch(&mut self, replica: &Replica) -> Result<(), String> {
        let count = self.rng.usize(1..=BATCH_MAX);
        let commands: Vec<v1::Command> = (0..count).map(|_| self.command()).collect();
        let proposals = commands.iter().map(|command| propose(replica, command));
        let answers = join_all(proposals).await;
        for (command, answer) in commands.into_iter().zip(answers) {
            match answer {
                Ok(applied) => {
                    self.lived.acked += 1;
                    self.known.insert(applied.revision, command);
                }
                Err(error) if self.disk.has_power() => return Err(error),
                Err(_) => {
                    self.lived.unanswered += 1;
                    self.unanswered.push(command);
                }
            }
        }
        if self.disk.has_power() { Ok(()) } else { Err("the power went".into()) }
    }

    fn note(&mut self, revision: u64, command: v1::Command) -> Result<(), String> {
        if revision <= self.through {
            return Err(format!(
                "request {} without an answer is at revision {revision}, before what was verified through {}",
                command.request_id, self.through
            ));
        }
        match self.known.insert(revision, command) {
            None => Ok(()),
            Some(other) => Err(format!("revision {revision} has two commands: {}", other.request_id)),
        }
    }

    fn catch_up(&mut self) -> Result<(), String> {
        for (revision, command) in self.known.range(self.through + 1..) {
            let decision = apply(&self.tables, command, *revision).expect("memory does not fail");
            match decision {
                Decision::Accepted(accepted) => self.tables.write(&accepted.writes),
                Decision::Rejected(rejection) => {
                    return Err(format!("an accepted command is rejected: {rejection:?}"));
                }
            }
            self.through = *revision;
        }
        Ok(())
    }

    fn compare(&self, view: &View) -> Result<(), String> {
        let mut sum = [0_u64; 4];
        for (number, table) in Table::ALL.into_iter().enumerate() {
            let stored = view.range(table, &[], &[], usize::MAX).map_err(|error| error.to_string())?;
            let expected = self.tables.range(table, &[], &[], usize::MAX).expect("memory does not fail");
            if stored != expected {
                let differing = stored.iter().zip(&expected).position(|(a, b)| a != b);
                return Err(format!(
                    "table {} has {} rows and should have {}; the first difference is at row {differing:?}",
                    table.name(),
                    stored.len(),
                    expected.len()
                ));
            }
            for (key, value) in &stored {
                let number = u8::try_from(number).expect("there are few tables");
                add_row(&mut sum, number, key, value);
            }
        }
        let hash: Vec<u8> = sum.iter().flat_map(|lane| lane.to_be_bytes()).collect();
        let stored = view.state_hash().to_bytes();
        if hash != stored {
            return Err(format!("the state hash is {stored:02x?}, and {hash:02x?} by the rows"));
        }
        Ok(())
    }

    fn bootstrap_command(&mut self) -> v1::Command {
        let system = v1::SystemPrincipal { node: "n1".into() };
        let who = v1::principal::Who::System(system);
        let action = v1::command::Action::Bootstrap(v1::BootstrapCommand {
            cluster_id: "power-cuts".into(),
            service_name: "hanse".into(),
            base_domain: "localhost".into(),
        });
        self.stamped(who, action)
    }

    fn command(&mut self) -> v1::Command {
        let count = self.rng.usize(1..=4);
        let mut changes: BTreeMap<u64, v1::AdmittedChange> = BTreeMap::new();
        for _ in 0..count {
            let id = self.rng.u64(0..NAMES);
            let change = if self.rng.u8(0..5) == 0 {
                v1::admitted_change::Change::Delete(v1::Delete {
                    name: format!("namedValues/v{id}"),
                    cascade: false,
                })
            } else {
                v1::admitted_change::Change::Put(self.put(id))
            };
            changes.insert(id, v1::AdmittedChange { change: Some(change), if_etag: String::new() });
        }
        let account =
            v1::Account { id: "sim".into(), groups: vec!["administrators".into()], expires_at_ms: 0 };
        let action = v1::command::Action::Apply(v1::ApplyCommand {
            changes: changes.into_values().collect(),
            ..Default::default()
        });
        self.stamped(v1::principal::Who::Account(account), action)
    }

    fn put(&mut self, id: u64) -> v1::Put {
        let length = self.rng.usize(1..4096);
        let value = v1::NamedValue {
            display_name: format!("v{id}"),
            value: format!("{}{}", self.commands, "x".repeat(length.saturating_sub(20))),
            ..v1::NamedValue::default()
        };
        let resource = v1::Resource {
            name: format!("namedValues/v{id}"),
            spec: Some(v1::resource::Spec::NamedValue(value)),
            ..v1::Resource::default()
        };
        v1::Put { resource: Some(resource), ..v1::Put::default() }
    }

    fn stamped(&mut self, who: v1::principal::Who, action: v1::command::Action) -> v1::Command {
        self.commands += 1;
        let request_id = format!("r{}", self.commands);
        v1::Command {
            feature_level: FEATURE_LEVEL,
            at_ms: START_MS + i64::try_from(self.commands).expect("few commands"),
            principal: Some(v1::Principal { who: Some(who) }),
            request_digest: digest(&SHA256, request_id.as_bytes()).as_ref().to_vec(),
            request_id,
            action: Some(action),
        }
    }
}

/// Waits until the replica leads, and has applied what was committed before.
async fn lead(replica: &Replica) -> Result<(), String> {
    let leading = async {
        loop {
            if replica.metrics().role == Role::Leader
                && let Ok(index) = replica.read_index().await
            {
                return replica.wait_applied(index, LEADER_WITHIN).await.map_err(|error| error.to_string());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LEADER_WITHIN, leading)
        .await
        .map_err(|_| format!("the store opened, but does not lead: {:?}", replica.metrics()))?
}

async fn propose(replica: &Replica, command: &v1::Command) -> Result<v1::Applied, String> {
    let answer = tokio::time::timeout(PROPOSAL_TIMEOUT, replica.propose(command)).await;
    let outcome = answer.map_err(|_| "no answer".to_owned())?;
    let outcome = outcome.map_err(|error: ProposeError| error.to_string())?;
    match outcome.result {
        Some(v1::outcome::Result::Applied(applied)) => Ok(applied),
        other => Err(format!("request {} was not accepted: {other:?}", command.request_id)),
    }
}

/// The state hash by its definition: SHA-256 of every row, added up in four lanes.
fn add_row(sum: &mut [u64; 4], table: u8, key: &[u8], value: &[u8]) {
    let mut row = vec![table];
    row.extend((key.len() as u64).to_le_bytes());
    row.extend(key);
    row.extend(value);
    let hash = digest(&SHA256, &row);
    for (lane, chunk) in sum.iter_mut().zip(hash.as_ref().chunks_exact(8)) {
        let part = u64::from_be_bytes(chunk.try_into().expect("a chunk has eight bytes"));
        *lane = lane.wrapping_add(part);
    }
}

/// A cluster of one has nobody to call.
struct Alone;

impl Transport for Alone {
    fn call(
        &self,
        _target: u64,
        _member: &Member,
        _kind: u32,
        _body: Bytes,
        _deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        Box::pin(async { Err(TransportError("there is nobody else".into())) })
    }

    fn send_snapshot(
        &self,
        _target: u64,
        _member: &Member,
        _frames: BoxStream<'static, Bytes>,
        _deadline: Duration,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        Box::pin(async { Err(TransportError("there is nobody else".into())) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_cuts_lose_nothing_that_was_acknowledged() {
        for seed in 0..3 {
            let lived = live(seed, false).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
            assert_eq!(lived.cuts, CUTS_PER_LIFE);
            assert!(lived.within > 0 && lived.acked > 0 && lived.lost > 0, "seed {seed}: {lived:?}");
        }
    }

    #[test]
    fn a_disk_that_lies_is_noticed() {
        assert!((0..5).any(|seed| live(seed, true).is_err()));
    }
}
