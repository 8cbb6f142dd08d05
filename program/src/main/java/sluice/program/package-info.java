/// The `sluice` command.
package sluice.program;
