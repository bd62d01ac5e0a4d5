//! Many seeds, each in a process of its own, on all the cores that are given.
//!
//! One idea: simulations repeat exactly only when nothing ran before them in their process. So
//! the parent runs this same program once per seed, reads one line of results from each, and
//! stops at the first failure with the one command that shows it again.
//!
//! Must not know what a seed means.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

/// Seeds between two lines of progress where there is no terminal.
const LINE_EVERY: u64 = 50;

/// What to sweep.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The first seed.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// Processes at a time, at least 1.
    pub jobs: usize,
    /// What one seed is called: `seed`, `disk`.
    pub noun: &'static str,
    /// Arguments for this program that run one seed; the seed is appended.
    pub arguments: Vec<String>,
}

/// How a sweep ended.
#[derive(Debug, Clone, Default)]
pub struct Swept {
    /// Seeds that passed.
    pub passed: u64,
    /// The first failure, if there was one.
    pub failed: Option<Failed>,
    /// Sums over the passed seeds of everything that their results count.
    pub sums: BTreeMap<String, u64>,
    /// Time on the wall.
    pub wall: Duration,
}

/// A seed that failed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Which one.
    pub seed: u64,
    /// All that it printed.
    pub output: String,
    /// What shows it again.
    pub replay: String,
}

struct Report {
    seed: u64,
    passed: bool,
    stdout: String,
    stderr: String,
}

impl Sweep {
    /// Runs the seeds and shows progress on the standard error stream.
    ///
    /// # Errors
    /// When this program cannot be started again.
    pub fn run(&self) -> io::Result<Swept> {
        let started = Instant::now();
        let program = std::env::current_exe()?;
        let next = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, reports) = mpsc::channel();
        let mut swept = Swept::default();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let (sender, program) = (sender.clone(), &program);
                let (next, stop) = (Arc::clone(&next), Arc::clone(&stop));
                scope.spawn(move || self.work(program, &next, &stop, &sender));
            }
            drop(sender);
            let mut progress = Progress::new(self);
            for report in reports {
                let report = report.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                if report.passed {
                    swept.passed += 1;
                    add_counts(&report.stdout, &mut swept.sums);
                    progress.passed(swept.passed);
                } else {
                    stop.store(true, Ordering::Relaxed);
                    let failed = self.failed(report);
                    // The lowest seed, whichever process was faster.
                    if swept.failed.as_ref().is_none_or(|other| failed.seed < other.seed) {
                        swept.failed = Some(failed);
                    }
                }
            }
            progress.done();
            Ok::<(), io::Error>(())
        })?;
        swept.wall = started.elapsed();
        Ok(swept)
    }

    fn work(
        &self,
        program: &std::path::Path,
        next: &AtomicU64,
        stop: &AtomicBool,
        sender: &mpsc::Sender<io::Result<Report>>,
    ) {
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                return;
            }
            let report = self.one(program, self.from + index);
            if sender.send(report).is_err() {
                return;
            }
        }
    }

    fn one(&self, program: &std::path::Path, seed: u64) -> io::Result<Report> {
        let output = Command::new(program)
            .args(&self.arguments)
            .arg(seed.to_string())
            .stdin(Stdio::null())
            .output()?;
        Ok(Report {
            seed,
            passed: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn failed(&self, report: Report) -> Failed {
        Failed {
            seed: report.seed,
            output: format!("{}{}", report.stderr, report.stdout),
            replay: format!(
                "cargo run --release -p hanse-sim-tests -- {} {}",
                self.arguments.join(" "),
                report.seed
            ),
        }
    }
}

/// Adds the `name=number` words of a result line.
fn add_counts(line: &str, sums: &mut BTreeMap<String, u64>) {
    for word in line.split_whitespace() {
        if let Some((name, number)) = word.split_once('=')
            && let Ok(number) = number.parse::<u64>()
        {
            *sums.entry(name.to_owned()).or_default() += number;
        }
    }
}

struct Progress {
    count: u64,
    noun: &'static str,
    terminal: bool,
    started: Instant,
}

impl Progress {
    fn new(sweep: &Sweep) -> Progress {
        Progress {
            count: sweep.count,
            noun: sweep.noun,
            terminal: io::stderr().is_terminal(),
            started: Instant::now(),
        }
    }

    /// A terminal has one line that changes, a file a line now and then. Failing to show
    /// progress is no reason to stop.
    fn passed(&mut self, passed: u64) {
        let text =
            format!("{passed}/{} {}s passed, {} s", self.count, self.noun, self.started.elapsed().as_secs());
        let mut err = io::stderr().lock();
        if self.terminal {
            let _ = write!(err, "\r{text}");
            let _ = err.flush();
        } else if passed.is_multiple_of(LINE_EVERY) {
            let _ = writeln!(err, "{text}");
        }
    }

    fn done(&self) {
        if self.terminal {
            let _ = writeln!(io::stderr());
        }
    }
}

/// A duration as people say it: `850 ms`, `42.0 s`, `12.3 min`, `8.3 hours`.
pub fn spoken(duration: Duration) -> String {
    let (number, unit) = in_words(duration);
    format!("{number} {unit}")
}

/// The same, of simulated time: `8.3 simulated hours`.
pub fn spoken_simulated(duration: Duration) -> String {
    let (number, unit) = in_words(duration);
    format!("{number} simulated {unit}")
}

fn in_words(duration: Duration) -> (String, &'static str) {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 1.0 => (duration.as_millis().to_string(), "ms"),
        s if s < 120.0 => (format!("{s:.1}"), "s"),
        s if s < 7200.0 => (format!("{:.1}", s / 60.0), "min"),
        s => (format!("{:.1}", s / 3600.0), "hours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_as_people_do() {
        for (ms, text) in
            [(850, "850 ms"), (42_000, "42.0 s"), (738_000, "12.3 min"), (29_880_000, "8.3 hours")]
        {
            assert_eq!(spoken(Duration::from_millis(ms)), text);
        }
        assert_eq!(spoken_simulated(Duration::from_millis(29_880_000)), "8.3 simulated hours");
    }

    #[test]
    fn numbers_of_result_lines_add_up_and_other_words_do_not() {
        let mut sums = BTreeMap::new();
        add_counts("seed=3 events=10 trace=ab12 note\n", &mut sums);
        add_counts("seed=4 events=5 trace=ff", &mut sums);
        assert_eq!(sums.get("events"), Some(&15));
        assert!(!sums.contains_key("trace"));
    }
}
