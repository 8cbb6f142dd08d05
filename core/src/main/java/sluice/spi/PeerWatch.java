package sluice.spi;

/// How the system finds out that the peer of a TCP connection has vanished without a word
/// ([tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)): then receiving fails.
///
/// @param idleSeconds after so long without a byte the peer is asked whether it is there
/// @param intervalSeconds and again each time after so long
/// @param probes so often
/// @param unacknowledgedMillis how long it may leave unacknowledged, or not take, what was sent to
///   it; 0 if as long as the system allows. Ignored where the system has no such limit (NIO).
public record PeerWatch(
    int idleSeconds, int intervalSeconds, int probes, int unacknowledgedMillis) {}
