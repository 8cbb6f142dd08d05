package sluice;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Anything that Linux gives a number to: a file, pipe, FIFO, terminal, device, socket, or one of
/// the kernel's own kinds. Made by [Descriptors].
///
/// No call waits, and none changes the mode of the descriptor: `O_NONBLOCK` belongs to the open
/// file description, which a shell, a child or a parent may share. A regular file, a directory and
/// `/dev/null` are always ready, as `select(2)` says.
///
/// Belongs to one thread at a time, except [#close].
public non-sealed interface Descriptor extends Pollable {
  /// Returns the number. It stays this descriptor's until [#close], unless it is borrowed and its
  /// owner closes it.
  int number();

  /// Tells whether it is a terminal that has not hung up. False once this is closed.
  boolean isTerminal();

  /// Reads at most `dst.remaining()` bytes.
  ///
  /// @return the number of bytes read; 0 if none are there yet or `dst` is full; -1 at the end of
  ///   the stream or file, or if a terminal has hung up
  /// @throws IllegalArgumentException if `dst` is read-only
  /// @throws ClosedPollableException if this is closed
  /// @throws IOException if the system refuses, as for a descriptor that is not open for reading;
  ///   the message has its reason
  int read(ByteBuffer dst) throws IOException;

  /// Writes at most `src.remaining()` bytes and moves its position past those taken.
  ///
  /// @return the number of bytes the system took, 0 if there is no room
  /// @throws ClosedPollableException if this is closed
  /// @throws IOException if nobody reads any more, or the system refuses; the message has its
  ///   reason
  int write(ByteBuffer src) throws IOException;
}
