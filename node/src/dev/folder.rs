//! A folder of manifests that is applied, and applied again on every save.
//!
//! One idea: it is `hanse apply` that does it, so what is seen here is what a pipeline will do.

use anyhow::Context as _;
use notify::{RecursiveMode, Watcher as _};
use std::{path::Path, time::Duration};
use tokio::sync::mpsc;

/// Saves that come closer together are one.
const SETTLE: Duration = Duration::from_millis(30);

/// Applies a folder, and with `watch` again whenever something in it is saved.
///
/// # Errors
/// When the folder cannot be watched.
pub async fn follow(folder: &Path, watch: bool) -> anyhow::Result<()> {
    if !watch {
        return apply(folder).await;
    }
    let (sender, mut saves) = mpsc::channel::<()>(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let is_save = event.is_ok_and(|event| !event.kind.is_access());
        if is_save {
            // One that waits already stands for this one as well.
            let _ = sender.try_send(());
        }
    })?;
    watcher
        .watch(folder, RecursiveMode::Recursive)
        .with_context(|| format!("cannot watch {}", folder.display()))?;
    // Watched before it is read for the first time: what is saved meanwhile is not missed.
    apply(folder).await?;
    super::screen::say(&format!("Watching {}; save a file and it is live.\n", folder.display()));
    while saves.recv().await.is_some() {
        tokio::time::sleep(SETTLE).await;
        while saves.try_recv().is_ok() {}
        apply(folder).await?;
    }
    Ok(())
}

/// One run of `hanse apply`; what it has to say it says itself.
async fn apply(folder: &Path) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("cannot find the program itself")?;
    let mut command = tokio::process::Command::new(program);
    command.args(["apply", "--wait", "--context", super::CONTEXT, "-f"]).arg(folder).kill_on_drop(true);
    command.status().await.context("cannot run `hanse apply`")?;
    Ok(())
}
