package sluice.linux.abi;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The processor architectures whose layouts are proved.
public enum Arch {
  /// 64-bit x86.
  X86_64,
  /// 64-bit Arm.
  AARCH64;

  /// Returns the architecture this JVM runs on, or null if its layouts are not known.
  public static @Nullable Arch current() {
    return switch (System.getProperty("os.arch").toLowerCase(Locale.ROOT)) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64" -> AARCH64;
      default -> null;
    };
  }
}
