/// The calls of the C library: results are `>= 0`, or the negated error number.
package sluice.linux.libc;
