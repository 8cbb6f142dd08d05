package sluice.server;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/// The connections of a loop, in no order. Each knows its place, so that to be here costs it
/// little. Confined to the loop.
final class ConnectionSet implements Iterable<ServerConnection> {
  private final List<ServerConnection> members = new ArrayList<>();

  boolean isEmpty() {
    return members.isEmpty();
  }

  int size() {
    return members.size();
  }

  void add(ServerConnection connection) {
    connection.place = members.size();
    members.add(connection);
  }

  /// Takes it out, if it is here.
  void remove(ServerConnection connection) {
    int place = connection.place;
    if (place >= 0) {
      ServerConnection last = members.removeLast();
      if (place < members.size()) {
        members.set(place, last);
        last.place = place;
      }
      connection.place = -1;
    }
  }

  /// Returns those that are here now; the one that was returned last may be removed meanwhile.
  @Override
  public Iterator<ServerConnection> iterator() {
    return new Iterator<>() {
      private int next = members.size(); // backwards: who takes a place that became free was there

      @Override
      public boolean hasNext() {
        return next > 0;
      }

      @Override
      public ServerConnection next() {
        return members.get(--next);
      }
    };
  }
}
