/// The driver on io_uring: operations in, completions out, one kernel entry per turn.
package sluice.linux.uring;
