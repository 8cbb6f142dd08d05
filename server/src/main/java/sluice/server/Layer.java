package sluice.server;

import java.nio.ByteBuffer;

/// What changes the bytes of a listener's clients between the wire and [Connection]: encryption,
/// compression, a header that a proxy puts before the stream.
///
/// A layer lies below [Connection]: what is written and broadcast goes through it whoever writes,
/// and watermarks, limits and closing count the bytes above it. Thread-safe; what it knows of one
/// client is in that client's [Session].
@FunctionalInterface
public interface Layer {
  /// Begins with a client; called on its loop. If it throws, that client is dropped.
  Session open() throws Exception;

  /// One client's way through the layer. Confined to its connection's loop.
  ///
  /// The buffers are lent, read-only: valid during the call, in which all of their bytes must be
  /// taken. An `IOException` of [#decode] or [#endInput] says that the peer broke the rules, and
  /// closes the connection as [CloseReason#PROTOCOL]; whatever else is thrown is a defect:
  /// [CloseReason#HANDLER_ERROR].
  interface Session {
    /// Bytes came from the wire. What they mean goes to [Pipe#inward], an answer of the layer
    /// itself to [Pipe#outward].
    void decode(ByteBuffer wire, Pipe pipe) throws Exception;

    /// Bytes go out. What they become goes to [Pipe#outward].
    void encode(ByteBuffer plain, Pipe pipe) throws Exception;

    /// Tells whether [#encode] may be called. Until it may, for example before a handshake is over,
    /// output waits; input is read meanwhile.
    default boolean isReady() {
      return true;
    }

    /// Everything was encoded and the end of the stream follows: the last chance for
    /// [Pipe#outward].
    default void endOutput(Pipe pipe) throws Exception {}

    /// The wire has ended. What was kept may go to [Pipe#inward]; whoever expects more throws an
    /// `IOException`.
    default void endInput(Pipe pipe) throws Exception {}
  }

  /// The two sides of a [Session], valid during its calls. Both take all the bytes they are given,
  /// and copy what they do not use at once.
  interface Pipe {
    /// Passes bytes on towards the handler.
    void inward(ByteBuffer bytes) throws Exception;

    /// Passes bytes on towards the wire.
    void outward(ByteBuffer bytes) throws Exception;
  }
}
