package sluice.linux;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import sluice.linux.uring.Rings;
import sluice.spi.Capability;
import sluice.spi.Driver;

/// The backend `io_uring`: the sockets and pollers of [LinuxBackend], loops on rings.
public final class UringBackend extends LinuxBackend {
  private @Nullable Rings rings;

  /// For `ServiceLoader`.
  public UringBackend() {}

  @Override
  public String name() {
    return "io_uring";
  }

  @Override
  public int preference() {
    return 5;
  }

  @Override
  protected @Nullable String probe() {
    Rings probed = Rings.probe(this);
    rings = probed;
    return probed.refusal();
  }

  @Override
  public List<Capability> capabilities() {
    return Objects.requireNonNull(rings).capabilities();
  }

  @Override
  public Driver openDriver() throws IOException {
    String refusal = refusal();
    if (refusal != null) {
      throw new IOException("the backend io_uring cannot run here: " + refusal);
    }
    return Objects.requireNonNull(rings).openDriver(host());
  }
}
