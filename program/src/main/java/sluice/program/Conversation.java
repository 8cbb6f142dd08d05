package sluice.program;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sluice.Descriptor;
import sluice.Pollable;
import sluice.Select;
import sluice.Selected;
import sluice.StreamSocket;

/// Carries bytes both ways between a terminal and a peer, in one thread, until the peer ends.
///
/// Each direction has one buffer. While it is empty, its source is watched for reading; while it is
/// not, its sink is watched for writing and nothing more is read. So memory is bounded, a slow
/// reader slows down whoever sends, and no byte is dropped.
///
/// Confined to one thread.
final class Conversation {
  /// What waits for its sink at most, each way.
  static final int BUFFER_BYTES = 64 * 1024;

  private final Descriptor input;
  private final Descriptor output;
  private final StreamSocket peer;
  private final @Nullable TerminalText text;

  private final ByteBuffer toPeer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
  private final ByteBuffer received = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);

  /// What was received, as it is or as text.
  private ByteBuffer toOutput = received;

  private boolean inputEnded;
  private boolean peerEnded;
  private @Nullable IOException failure;

  /// @param text what makes the peer's bytes safe for the output, or null to pass them as they are
  Conversation(
      Descriptor input, Descriptor output, StreamSocket peer, @Nullable TerminalText text) {
    this.input = input;
    this.output = output;
    this.peer = peer;
    this.text = text;
  }

  /// Goes on until the peer has ended and everything that was read has been written.
  ///
  /// @return the exit code
  /// @throws IOException if the connection failed; what came before is written
  /// @throws Failure if standard input or output failed
  int run() throws IOException, Failure {
    while (!peerEnded || toPeer.hasRemaining() || toOutput.hasRemaining()) {
      Selected<Pollable> ready = select();
      if (ready.readable().contains(input)) {
        readInput();
      }
      if (ready.readable().contains(peer)) {
        receive();
      }
      if (ready.writable().contains(peer)) {
        send();
      }
      if (ready.writable().contains(output) && !writeOutput()) {
        return ExitCode.BROKEN_PIPE;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return ExitCode.OK;
  }

  private Selected<Pollable> select() throws IOException {
    List<Pollable> r = new ArrayList<>();
    List<Pollable> w = new ArrayList<>();
    if (toPeer.hasRemaining()) {
      w.add(peer);
    } else if (!inputEnded) {
      r.add(input);
    }
    if (toOutput.hasRemaining()) {
      w.add(output);
    } else if (!peerEnded) {
      r.add(peer);
    }
    return Select.select(r, w, List.of(), null);
  }

  private void readInput() throws Failure {
    int count;
    try {
      count = input.read(toPeer.clear());
    } catch (IOException e) {
      throw failed("cannot read standard input", e, "give it a file, a pipe or a terminal");
    }
    toPeer.flip();
    if (count < 0) {
      inputEnded = true;
      try {
        peer.shutdownOutput(); // nothing waits: the buffer was empty
      } catch (IOException e) {
        stopSending(e);
      }
    }
  }

  private void send() {
    try {
      peer.write(toPeer);
    } catch (IOException e) {
      stopSending(e);
    }
  }

  /// The peer takes no more, but what it has sent is still to be read. A broken pipe is how a peer
  /// looks that has ended as it should; only a reset is a failure.
  private void stopSending(IOException why) {
    toPeer.limit(toPeer.position());
    inputEnded = true;
    if (why instanceof SocketException) {
      failure = why;
    }
  }

  private void receive() {
    try {
      peerEnded = peer.read(received.clear()) < 0;
    } catch (IOException e) {
      peerEnded = true;
      failure = e;
    }
    received.flip();
    inputEnded |= peerEnded; // nobody would answer
    toOutput = text == null ? received : text.safe(received, peerEnded);
  }

  /// @return false if nobody reads the output any more
  private boolean writeOutput() throws Failure {
    try {
      output.write(toOutput);
      return true;
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("EPIPE")) {
        return false;
      }
      throw failed("cannot write standard output", e, "make room, or send it elsewhere");
    }
  }

  private static Failure failed(String what, IOException why, String advice) {
    return new Failure(ExitCode.INPUT_OUTPUT, what + ": " + Failure.reason(why) + "; " + advice);
  }
}
