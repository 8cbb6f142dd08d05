/// The event loop: turns, timers, tasks from other threads, and the handles of operations.
package sluice.internal.loop;
