/// Attacks on a server, and the good clients that suffer from them. Started by
/// `build-support/show-attacks`.
@NullMarked
package sluice.bench.attack;

import org.jspecify.annotations.NullMarked;
