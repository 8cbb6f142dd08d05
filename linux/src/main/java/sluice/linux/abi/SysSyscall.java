package sluice.linux.abi;

/// `sys/syscall.h`: calls that not every C library has a function for.
public final class SysSyscall {
  public static final int SYS_io_uring_setup = 425;
  public static final int SYS_io_uring_enter = 426;
  public static final int SYS_io_uring_register = 427;
  public static final int SYS_pidfd_open = 434;

  private SysSyscall() {}
}
