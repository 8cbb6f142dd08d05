package sluice.program;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import sluice.server.ConnectionHandler;

/// A handler from a Java file: a class that implements [ConnectionHandler], of which one is made
/// and shared by all clients, or just `static void process(byte[] data)`.
final class JavaHandler {
  private JavaHandler() {}

  static ConnectionHandler open(Path path) throws Failure {
    HandlerCache cache = HandlerCache.ofUser(System.getenv());
    Map<String, Class<?>> classes = new TreeMap<>(SourceFile.load(path, cache, Javac::compile));
    for (Class<?> type : classes.values()) {
      if (ConnectionHandler.class.isAssignableFrom(type)
          && !Modifier.isAbstract(type.getModifiers())
          && !type.isAnonymousClass()) {
        return make(path, type);
      }
    }
    for (Class<?> type : classes.values()) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals("process")
            && Modifier.isStatic(method.getModifiers())
            && method.getParameterCount() == 1
            && method.getParameterTypes()[0] == byte[].class) {
          method.setAccessible(true);
          return (_, data) -> process(method, data);
        }
      }
    }
    throw new Failure(
        ExitCode.CONFIGURATION,
        path
            + " has neither a class that implements sluice.server.ConnectionHandler nor a method"
            + " 'static void process(byte[] data)'");
  }

  private static ConnectionHandler make(Path path, Class<?> type) throws Failure {
    try {
      Constructor<?> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return (ConnectionHandler) constructor.newInstance();
    } catch (NoSuchMethodException _) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "the handler "
              + type.getName()
              + " of "
              + path
              + " needs a constructor without arguments");
    } catch (InvocationTargetException | ExceptionInInitializerError e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "cannot make " + type.getName() + " of " + path + ", it throws " + e.getCause());
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new Failure(
          ExitCode.CONFIGURATION, "cannot make " + type.getName() + " of " + path + ": " + e);
    }
  }

  private static void process(Method method, ByteBuffer data) throws Exception {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    try {
      method.invoke(null, bytes);
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }
}
