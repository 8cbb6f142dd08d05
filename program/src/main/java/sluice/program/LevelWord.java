package sluice.program;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.Locale;

/// Writes the level in small letters, as the log's format has it.
public final class LevelWord extends ClassicConverter {
  /// For Logback.
  public LevelWord() {}

  @Override
  public String convert(ILoggingEvent event) {
    return event.getLevel().toString().toLowerCase(Locale.ROOT);
  }
}
