package sluice.testkit.simulation;

import java.io.IOException;
import java.util.List;

/// What the servers and the clients of one run do.
interface Scene {
  /// Returns what the servers allow their clients.
  DrawnLimits limits();

  /// Says what clients may be closed for.
  Grounds grounds();

  /// Starts the servers, by [Simulation#serve].
  void start(Simulation run, SplitMix random) throws IOException;

  /// Makes the clients, which act by themselves.
  List<SimPeer> clients(SplitMix random);

  /// Tells whether a connection may wait for something outside of its loop.
  boolean mayPause();

  /// Returns how many chunks a connection may hold.
  int chunksMax();

  /// Returns how many more connections were opened than closed, as far as handlers know.
  long open();
}
