package sluice.linux.abi;

/// `linux/sockios.h`.
public final class Sockios {
  public static final int SIOCOUTQ = 0x5411;

  private Sockios() {}
}
