package sluice.spi;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import sluice.Backend;

/// Finds the backends and chooses between them.
public final class Backends {
  private static final System.Logger LOG = System.getLogger("sluice");
  private static final AtomicBoolean EXPLAINED = new AtomicBoolean();

  /// All of them, highest preference first. Loaded by this class's own loader: whoever can see
  /// Sluice's core gets the backends installed beside it.
  private static final List<BackendProvider> ALL =
      ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).stream()
          .map(ServiceLoader.Provider::get)
          .sorted(Comparator.comparingInt(BackendProvider::preference).reversed())
          .toList();

  private Backends() {}

  /// Returns all of them, those that cannot run here, too; highest preference first.
  public static List<BackendProvider> all() {
    return ALL;
  }

  /// See [Backend#best].
  public static Backend best() {
    List<BackendProvider> refused = new ArrayList<>();
    for (BackendProvider backend : ALL) {
      if (backend.refusal() == null) {
        if (!refused.isEmpty() && EXPLAINED.compareAndSet(false, true)) {
          LOG.log(
              System.Logger.Level.WARNING,
              "backend.fallback from={0} to={1} reason=\"{2}\"",
              refused.stream().map(Backend::name).collect(Collectors.joining(",")),
              backend.name(),
              refused.stream()
                  .map(BackendProvider::refusal)
                  .distinct()
                  .collect(Collectors.joining("; ")));
        }
        return backend;
      }
      refused.add(backend);
    }
    throw new IllegalStateException("no backend: the module sluice provides one, is it broken?");
  }

  /// See [Backend#of].
  public static Backend of(String name) {
    for (BackendProvider backend : ALL) {
      if (backend.name().equals(name)) {
        String refusal = backend.refusal();
        if (refusal != null) {
          throw new UnsupportedOperationException(
              "backend " + name + " cannot run here: " + refusal);
        }
        return backend;
      }
    }
    throw new IllegalArgumentException(
        "name must be one of "
            + ALL.stream().map(Backend::name).collect(Collectors.joining(", "))
            + ", not "
            + name);
  }

  /// See [Backend#available].
  public static List<Backend> available() {
    return ALL.stream().filter(b -> b.refusal() == null).map(Backend.class::cast).toList();
  }
}
