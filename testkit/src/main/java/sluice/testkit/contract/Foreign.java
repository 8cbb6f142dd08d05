package sluice.testkit.contract;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import sluice.Backend;
import sluice.StreamSocket;

/// A socket that claims to belong to a backend nobody knows.
final class Foreign {
  private Foreign() {}

  static StreamSocket socket() {
    Backend backend = proxy(Backend.class, "foreign");
    return proxy(StreamSocket.class, backend);
  }

  /// An open source, or a backend, named "foreign", whose `backend()` or `name()` is `answer`.
  private static <T> T proxy(Class<T> type, Object answer) {
    InvocationHandler handler =
        (self, method, _) ->
            switch (method.getName()) {
              case "backend", "name" -> answer;
              case "isOpen" -> true;
              case "hashCode" -> System.identityHashCode(self);
              case "equals" -> false; // a backend like no other
              case "toString" -> "foreign " + type.getSimpleName();
              default -> throw new AssertionError(method + " must not be called");
            };
    return type.cast(
        Proxy.newProxyInstance(Foreign.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
