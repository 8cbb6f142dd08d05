/// The same servers in several ways, and loads that `sluice bench` does not have.
@NullMarked
package sluice.bench;

import org.jspecify.annotations.NullMarked;
