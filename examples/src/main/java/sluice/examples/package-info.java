/// Programs of at most 40 lines, two servers of real protocols, and what those read with.
package sluice.examples;
