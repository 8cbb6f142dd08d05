package sluice.internal.loop;

/// Logs what code that is not ours threw. Thread-safe.
public final class Failures {
  private static final System.Logger LOG = System.getLogger("sluice");

  private Failures() {}

  /// Logs `cause` as an error; never throws. Some cannot be printed: a message that is computed may
  /// fail itself, and most logs let that through.
  public static void log(String message, Throwable cause) {
    try {
      LOG.log(System.Logger.Level.ERROR, message, cause);
    } catch (Throwable t) {
      logUnprintable(message + " class=" + cause.getClass().getName(), t);
    }
  }

  private static void logUnprintable(String message, Throwable why) {
    try {
      LOG.log(
          System.Logger.Level.ERROR, message + " unprintable_because=" + why.getClass().getName());
    } catch (Throwable _) {
      // The log itself fails: there is nothing left to say it with.
    }
  }
}
