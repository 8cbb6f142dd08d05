package sluice.spi;

/// How the system finds out that the peer of a TCP connection has vanished without a word
/// ([tcp(7)](https://man7.org/linux/man-pages/man7/tcp.7.html)): then receiving fails.
///
/// @param idleSeconds after so long without a byte the peer is asked whether it is there
/// @param intervalSeconds and again each time after so long
/// @param probes so often
/// @param unacknowledgedMillis how long it may leave unacknowledged, or not take, what was sent to
///   it; 0 if as long as the system allows. On Linux the probes have to be over by then, or the
///   first that is not answered counts for all. Ignored where there is no such limit (NIO).
public record PeerWatch(
    int idleSeconds, int intervalSeconds, int probes, int unacknowledgedMillis) {}
