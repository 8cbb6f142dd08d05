package sluice.server;

import java.util.Map;

/// What has happened to the clients of a server since it was started. When nothing is going on, the
/// figures add up: every client that came was accepted or refused, and every one that was accepted
/// is open or closed.
///
/// @param offered how many came
/// @param refused how many of them were not served, by the reason; each reason has a figure
/// @param accepted how many were
/// @param open how many of those have not ended
/// @param closed how many have, by the reason; each reason has a figure
/// @param receivedBytes what was received from them
/// @param sentBytes what the system took for them
/// @param acceptPauses how often accepting paused because the system had no descriptors or memory
/// @param blocks how often a handler held up its loop, see [Server]
public record Counters(
    long offered,
    Map<Refusal, Long> refused,
    long accepted,
    long open,
    Map<CloseReason, Long> closed,
    long receivedBytes,
    long sentBytes,
    long acceptPauses,
    long blocks) {}
