package sluice.testkit.simulation;

/// A check that failed.
///
/// @param check which
/// @param client the client concerned, or -1
/// @param detail what was expected and what was there
public record Violation(String check, int client, String detail) {}
