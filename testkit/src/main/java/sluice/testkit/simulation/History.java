package sluice.testkit.simulation;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What happened in one run.
///
/// @param seed everything follows from it
/// @param hash of every event, in order; equal for equal seeds
/// @param clients how many there were
/// @param operations how many steps of their scripts were carried out
/// @param bytes how many they sent
/// @param turns how many turns the loops took
/// @param faults how often each fault happened, by its name
/// @param outcomes how often each reason closed or refused a client, by its name
/// @param violation the first check that failed, or null
public record History(
    long seed,
    long hash,
    int clients,
    int operations,
    long bytes,
    long turns,
    Map<String, Long> faults,
    Map<String, Long> outcomes,
    @Nullable Violation violation) {}
