package sluice.spi;

/// The kinds of operation a [Driver] carries out; a set of them is the sum of their bits.
public final class Operations {
  /// [Driver#accept].
  public static final int ACCEPT = 1;

  /// [Driver#connect].
  public static final int CONNECT = 2;

  /// [Driver#receive].
  public static final int RECEIVE = 4;

  /// [Driver#send].
  public static final int SEND = 8;

  /// [Driver#poll].
  public static final int POLL = 16;

  private Operations() {}
}
