/// Programs of at most 40 lines.
package sluice.examples;
