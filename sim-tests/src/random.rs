//! The operating system's randomness, replaced for this program: drawn from a seed.
//!
//! One idea: `HashMap`s, tokio's `select!`, election timeouts, ids and keys all end in the C
//! library's `getrandom`, so a simulation repeats itself exactly when that one function does.
//! Defining a symbol of the same name here takes precedence over the C library's. Without a
//! seed it is the plain system call, for the commands that only start other processes.
//!
//! Must never become part of a library: whoever linked it would have predictable keys.
#![allow(unsafe_code)]

use std::sync::Mutex;

static SEEDED: Mutex<Option<fastrand::Rng>> = Mutex::new(None);

/// From now on all randomness of this process comes from `seed`. Call it first thing.
pub fn seed(seed: u64) {
    *SEEDED.lock().expect("no code panics while it holds the generator") =
        Some(fastrand::Rng::with_seed(seed));
}

/// Fills `buffer` as the C library's function of this name does.
///
/// # Safety
/// `buffer` must be valid for writes of `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut u8, len: usize, flags: u32) -> isize {
    if let Ok(mut seeded) = SEEDED.lock()
        && let Some(rng) = seeded.as_mut()
    {
        // SAFETY: the caller owns `len` writable bytes at `buffer`.
        let bytes = unsafe { std::slice::from_raw_parts_mut(buffer, len) };
        rng.fill(bytes);
        return isize::try_from(len).unwrap_or(isize::MAX);
    }
    // SAFETY: the arguments are those of the function that this one stands in for.
    let filled = unsafe { libc::syscall(libc::SYS_getrandom, buffer, len, flags) };
    isize::try_from(filled).unwrap_or(-1)
}
