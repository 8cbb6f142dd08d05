/// The same echo server in several ways, and a comparison of what each costs.
@NullMarked
package sluice.bench;

import org.jspecify.annotations.NullMarked;
