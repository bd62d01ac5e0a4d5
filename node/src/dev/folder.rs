//! A folder of manifests that is applied, and applied again on every save.
//!
//! One idea: it is `hanse apply` that does it, so what is seen here is what a pipeline will do.

use crate::client::files;
use anyhow::Context as _;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
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
    let _watcher = watcher(folder, move |_| {
        // One that waits already stands for this one as well.
        let _ = sender.try_send(());
    })
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

/// Tells of every save in a folder and below it. Links are not followed, as they are not when it is read:
/// one that leads to `/` would have the whole machine watched.
fn watcher(
    folder: &Path,
    on_save: impl Fn(notify::Event) + Send + 'static,
) -> anyhow::Result<RecommendedWatcher> {
    files::check_named(folder).map_err(anyhow::Error::msg)?;
    let handler = move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && !event.kind.is_access()
        {
            on_save(event);
        }
    };
    let mut watcher =
        RecommendedWatcher::new(handler, notify::Config::default().with_follow_symlinks(false))?;
    // The folder itself may be named by a link.
    watcher.watch(&folder.canonicalize()?, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// One run of `hanse apply`; what it has to say it says itself.
async fn apply(folder: &Path) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("cannot find the program itself")?;
    let mut command = tokio::process::Command::new(program);
    command.args(["apply", "--wait", "--context", super::CONTEXT, "-f"]).arg(folder).kill_on_drop(true);
    command.status().await.context("cannot run `hanse apply`")?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn saves_in_the_folder_are_told_of_and_none_behind_a_link_out_of_it() {
        let (outside, dir) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).expect("a link");
        fs::create_dir(dir.path().join("below")).expect("made");
        // Named by a link itself.
        let named = outside.path().join("named");
        std::os::unix::fs::symlink(dir.path(), &named).expect("a link");
        let (sender, saves) = std::sync::mpsc::channel();
        let _watcher = watcher(&named, move |event| _ = sender.send(event.paths)).expect("watched");
        fs::write(outside.path().join("x.yaml"), "").expect("written");
        fs::write(dir.path().join("below/y.yaml"), "").expect("written");
        let first = saves.recv_timeout(Duration::from_secs(30)).expect("a save");
        assert_eq!(first, [dir.path().canonicalize().expect("a path").join("below/y.yaml")]);
    }
}
