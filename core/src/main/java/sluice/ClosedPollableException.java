package sluice;

import java.nio.channels.ClosedChannelException;

/// A closed source was used, or a source was closed while a call waited for it. Names the source.
public final class ClosedPollableException extends ClosedChannelException {
  private static final long serialVersionUID = 1;

  private final String message;

  ClosedPollableException(String message) {
    this.message = message;
  }

  /// Returns the exception for using `source` after it was closed.
  public static ClosedPollableException of(Object source) {
    return new ClosedPollableException(source + " is closed");
  }

  /// Returns the exception for a borrowed descriptor whose number its owner has closed.
  public static ClosedPollableException ofNumber(Object source) {
    return new ClosedPollableException(
        source + " is no open descriptor any more: whoever lent the number has closed it");
  }

  @Override
  public String getMessage() {
    return message;
  }
}
