package sluice;

import java.io.IOException;
import java.nio.file.Path;

/// Makes [Descriptor]s. Had from [Backend#descriptors]. Thread-safe.
public interface Descriptors {
  /// Both ends of a pipe.
  ///
  /// @param source what was written to `sink` is read here
  /// @param sink writable while there is room
  record Pipe(Descriptor source, Descriptor sink) {}

  /// Uses a number that belongs to somebody else: closing the result does not close it.
  ///
  /// The owner may close it at any time. Calls that then use it say so; one that waits for it is
  /// not woken. While it is watched it goes through `ppoll` in each call, because the kernel
  /// forgets a closed number silently and gives it away again: a program that watches many numbers
  /// of its own should adopt them.
  ///
  /// @throws IllegalArgumentException if `number` is negative
  /// @throws IOException if it is no open descriptor
  Descriptor borrow(int number) throws IOException;

  /// Takes a number over: [Descriptor#close] closes it, and nobody else may. Its mode is left as it
  /// is.
  ///
  /// @throws IllegalArgumentException if `number` is negative
  /// @throws IOException if it is no open descriptor
  Descriptor adopt(int number) throws IOException;

  /// Borrows standard input. Do not mix it with `System.in`, which reads ahead.
  default Descriptor standardInput() throws IOException {
    return borrow(0);
  }

  /// Borrows standard output.
  default Descriptor standardOutput() throws IOException {
    return borrow(1);
  }

  /// Borrows standard error.
  default Descriptor standardError() throws IOException {
    return borrow(2);
  }

  /// Opens a FIFO, terminal, device or file that exists, without waiting for a peer.
  ///
  /// @param interest [Interest#READ], [Interest#WRITE] or both. A FIFO opened for both is its own
  ///   peer: it never ends and never refuses
  /// @throws IllegalArgumentException if `interest` has [Interest#EXCEPTIONAL]
  /// @throws java.nio.file.NoSuchFileException if there is no such file
  /// @throws java.nio.file.AccessDeniedException if it may not be opened so
  /// @throws IOException if the system refuses, as for writing to a FIFO that nobody reads
  Descriptor open(Path path, Interest interest) throws IOException;

  /// Opens a pipe.
  Pipe openPipe() throws IOException;

  /// Opens a timer.
  Timer openTimer() throws IOException;

  /// Opens an event.
  Event openEvent() throws IOException;

  /// Watches a process: readable when it has ended. A child's exit code is had from its `Process`.
  ///
  /// @throws java.nio.file.NoSuchFileException if it has ended and is gone
  Descriptor openProcess(ProcessHandle process) throws IOException;

  /// Counts arrivals of a signal from now on. It replaces what the JVM does on that signal until
  /// [Descriptor#close].
  ///
  /// @param name without `SIG`: `INT`, `TERM`, `HUP`, `WINCH`
  /// @throws IllegalArgumentException if there is no such signal, or the JVM keeps it for itself
  Counter openSignal(String name) throws IOException;

  /// Watches files for changes.
  FileWatch openFileWatch() throws IOException;
}
