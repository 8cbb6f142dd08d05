/// What single operations cost, beside those of the JDK and of Netty: `bench/micro`.
@NullMarked
package sluice.bench.micro;

import org.jspecify.annotations.NullMarked;
