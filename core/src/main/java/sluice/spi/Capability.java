package sluice.spi;

import org.jspecify.annotations.Nullable;

/// Something that a backend may be able to do, as it was found here. Immutable.
///
/// @param name what it is, in a few words
/// @param since what has it first
/// @param present whether it was found here, by trying
/// @param used whether the backend uses it
/// @param why why it is not used, or null if it is
public record Capability(
    String name, String since, boolean present, boolean used, @Nullable String why) {
  /// Returns one that is found and used.
  public static Capability used(String name, String since) {
    return new Capability(name, since, true, true, null);
  }

  /// Returns one that is used if it is there.
  ///
  /// @param why what it means that it is not
  public static Capability ofPresence(String name, String since, boolean present, String why) {
    return new Capability(name, since, present, present, present ? null : why);
  }
}
