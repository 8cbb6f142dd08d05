/// The portable backend, on `java.nio.channels`.
package sluice.internal.nio;
