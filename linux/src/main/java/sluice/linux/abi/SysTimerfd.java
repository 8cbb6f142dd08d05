package sluice.linux.abi;

/// `sys/timerfd.h`.
public final class SysTimerfd {
  public static final int TFD_CLOEXEC = 0x80000;
  public static final int TFD_NONBLOCK = 0x800;
  public static final int CLOCK_MONOTONIC = 1;

  private SysTimerfd() {}
}
