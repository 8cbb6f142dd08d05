package sluice.internal.nio;

import java.nio.channels.SelectableChannel;

/// A source on a selectable channel.
interface NioSource {
  SelectableChannel channel();

  /// Returns the interest operations of `java.nio` that stand for this mask now.
  int operations(int interest);

  /// Returns the part of `interest` for which these ready operations stand.
  int readiness(int interest, int readyOperations);
}
