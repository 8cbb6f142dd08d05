/// The same scripts of what happens to sockets, for CPython's `select` and for every backend.
@NullMarked
package sluice.testkit.differential;

import org.jspecify.annotations.NullMarked;
