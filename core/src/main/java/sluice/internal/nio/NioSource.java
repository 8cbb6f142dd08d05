package sluice.internal.nio;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;

/// A source on a selectable channel.
interface NioSource {
  SelectableChannel channel();

  /// Returns the interest operations of `java.nio` that stand for this mask now.
  int operations(int interest);

  /// Returns the part of `interest` for which these ready operations stand.
  default int readiness(int interest, int readyOperations) {
    int readable = (readyOperations & (SelectionKey.OP_READ | SelectionKey.OP_ACCEPT)) != 0 ? 1 : 0;
    int writable =
        (readyOperations & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0 ? 2 : 0;
    return interest & (readable | writable);
  }
}
