package sluice.server;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The connections of a loop, in no order. Each knows its place, so that to be here costs it
/// little. Confined to the loop.
final class ConnectionSet {
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

  /// Calls `action` for each that is here now; it may remove the one it is called for.
  void forEach(Consumer<? super ServerConnection> action) {
    for (int i = members.size() - 1; i >= 0; i--) {
      action.accept(members.get(i));
    }
  }
}
