//! A panic on a core ends the process, at once: the other cores would wait for it forever, and its
//! half-done work must not be seen by the tasks it was in the middle of.

use std::cell::Cell;
use std::io::Write;
use std::sync::Once;

thread_local! {
    static VITAL: Cell<bool> = const { Cell::new(false) };
}

/// From now on a panic of this thread ends the process.
pub(crate) fn this_thread_is_vital() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let former = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !VITAL.try_with(Cell::get).unwrap_or(false) {
                return former(info);
            }
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("a core");
            // Straight to the descriptor: nobody is left to empty a buffer. If it cannot be
            // written to, there is nowhere to say so.
            let _written = writeln!(std::io::stderr().lock(), "{name}: {info}");
            std::process::abort();
        }));
    });
    VITAL.set(true);
}
