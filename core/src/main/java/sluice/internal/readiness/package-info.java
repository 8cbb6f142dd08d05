/// Completions on top of any readiness poller, written once for all backends that have one.
package sluice.internal.readiness;
