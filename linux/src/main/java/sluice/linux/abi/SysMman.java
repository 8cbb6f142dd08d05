package sluice.linux.abi;

/// `sys/mman.h`.
public final class SysMman {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int MAP_SHARED = 1;
  public static final int MAP_POPULATE = 0x8000;

  private SysMman() {}
}
