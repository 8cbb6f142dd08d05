/// Puts Sluice's poller under `java.nio`, so that the tests of other people's programs run on it.
/// Tests only: it is made of the JDK's internals (decision 22).
@NullMarked
package sluice.adapter;

import org.jspecify.annotations.NullMarked;
