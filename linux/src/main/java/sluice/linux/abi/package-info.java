/// Layouts and constants of the system headers, spelled as there, and nothing else. A test has the
/// C compiler prove each of them, for x86-64 and aarch64.
package sluice.linux.abi;
