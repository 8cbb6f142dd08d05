/// Descriptors of every kind, on the calls of the C library.
package sluice.linux.descriptor;
