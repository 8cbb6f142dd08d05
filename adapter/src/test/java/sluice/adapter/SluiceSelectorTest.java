package sluice.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import sun.nio.ch.SelChImpl;

/// What programs may expect of a selector, asked of the JDK's own, too, which says what is right.
/// Netty's tests ask for much more, and come by a command of their own.
@ParameterizedClass(name = "{0}")
@EnumSource
@EnabledOnOs(OS.LINUX)
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SluiceSelectorTest {
  enum Kind {
    JDK,
    ADOPTING,
    BORROWING
  }

  private final SelectorProvider provider;
  private final Selector selector;
  private final List<AutoCloseable> toClose = new ArrayList<>();

  SluiceSelectorTest(Kind kind) throws IOException {
    provider =
        switch (kind) {
          case JDK -> SelectorProvider.provider();
          case ADOPTING -> new SluiceSelectorProvider(false);
          case BORROWING -> new SluiceSelectorProvider(true);
        };
    selector = provider.openSelector();
    toClose.add(selector);
  }

  @AfterEach
  @Timeout(
      value = 20,
      threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a stuck select keeps it out
  void close() throws Exception {
    for (AutoCloseable one : toClose) {
      one.close();
    }
  }

  private <C extends AutoCloseable> C closing(C one) {
    toClose.add(one);
    return one;
  }

  private Pipe pipe() throws IOException {
    Pipe pipe = provider.openPipe();
    closing(pipe.source()).configureBlocking(false);
    closing(pipe.sink()).configureBlocking(false);
    return pipe;
  }

  private static void send(Pipe pipe) throws IOException {
    pipe.sink().write(ByteBuffer.wrap(new byte[] {1}));
  }

  /// Not even an early return: a loop would spin.
  private void assertNothingFor(long millis) throws IOException {
    long start = System.nanoTime();
    assertThat(selector.select(millis)).isEqualTo(0);
    assertThat(System.nanoTime() - start)
        .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void serverAcceptsReadsAndWrites() throws Exception {
    ServerSocketChannel server = closing(provider.openServerSocketChannel());
    server
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
    SocketChannel client = closing(provider.openSocketChannel());
    client.configureBlocking(false);
    client.register(selector, SelectionKey.OP_CONNECT);
    client.connect(server.getLocalAddress());
    ByteBuffer answer = ByteBuffer.allocate(16);

    while (answer.position() < 5) {
      selector.select(key -> serve(key, answer));
    }

    assertThat(new String(answer.array(), 0, 5, StandardCharsets.US_ASCII)).isEqualTo("hello");
  }

  private void serve(SelectionKey key, ByteBuffer answer) {
    try {
      if (key.isAcceptable()) {
        SocketChannel accepted = closing(((ServerSocketChannel) key.channel()).accept());
        accepted.configureBlocking(false).register(selector, SelectionKey.OP_READ, "accepted");
        return;
      }
      SocketChannel channel = (SocketChannel) key.channel();
      if (key.isConnectable() && channel.finishConnect()) {
        key.interestOps(SelectionKey.OP_WRITE);
      } else if (key.isWritable()) {
        channel.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
        key.interestOps(SelectionKey.OP_READ);
      } else if (key.attachment() == null) {
        channel.read(answer);
      } else {
        ByteBuffer data = ByteBuffer.allocate(16);
        channel.read(data);
        channel.write(data.flip());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void readyStaysUntilDrainedAndIsCountedOnce() throws Exception {
    Pipe pipe = pipe();
    SelectionKey key = pipe.source().register(selector, SelectionKey.OP_READ);
    send(pipe);

    assertThat(selector.select()).isEqualTo(1);
    assertThat(selector.select()).isEqualTo(0); // in the selected set already
    selector.selectedKeys().clear();
    assertThat(selector.select()).isEqualTo(1);
    assertThat(selector.selectedKeys()).containsExactly(key);

    pipe.source().read(ByteBuffer.allocate(16));
    selector.selectedKeys().clear();
    assertThat(selector.selectNow()).isEqualTo(0);
  }

  @Test
  void readyOperationsAccumulate() throws Exception {
    ServerSocketChannel server = closing(provider.openServerSocketChannel());
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    SocketChannel client = closing(SocketChannel.open(server.getLocalAddress()));
    SocketChannel accepted = closing(server.accept());
    accepted.configureBlocking(false);
    SelectionKey key = accepted.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    selector.select();
    assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_WRITE);

    client.write(ByteBuffer.wrap(new byte[] {1}));
    key.interestOps(SelectionKey.OP_READ);

    assertThat(selector.select()).isEqualTo(1);
    assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
  }

  @Test
  void resetIsReadyForWhatWasAsked() throws Exception {
    ServerSocketChannel server = closing(provider.openServerSocketChannel());
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    SocketChannel client = SocketChannel.open(server.getLocalAddress());
    SocketChannel accepted = closing(server.accept());
    accepted.configureBlocking(false);
    SelectionKey key = accepted.register(selector, SelectionKey.OP_READ);

    client.setOption(StandardSocketOptions.SO_LINGER, 0);
    client.close();

    assertThat(selector.select()).isEqualTo(1);
    assertThat(key.readyOps()).isEqualTo(SelectionKey.OP_READ);
    assertThatThrownBy(() -> accepted.read(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
  }

  @Test
  void nothingIsToldWithoutInterestNotEvenAHangUp() throws Exception {
    Pipe pipe = pipe();
    SelectionKey key = pipe.source().register(selector, 0);
    pipe.sink().close();
    assertNothingFor(20);

    key.interestOps(SelectionKey.OP_READ);
    assertThat(selector.select()).isEqualTo(1);
    key.interestOps(0);
    selector.selectedKeys().clear();
    assertNothingFor(20);
  }

  @Test
  void wakeupBeforeSelectIsNotLostAndServesOnce() throws Exception {
    selector.wakeup().wakeup();
    assertThat(selector.select()).isEqualTo(0);

    assertNothingFor(20);
  }

  @Test
  void interestChangedByAnotherThreadCountsAfterAWakeup() throws Exception {
    Pipe pipe = pipe();
    SelectionKey key = pipe.source().register(selector, 0);
    send(pipe);
    Thread.ofPlatform()
        .start(() -> {
          key.interestOps(SelectionKey.OP_READ);
          selector.wakeup();
        });

    while (selector.selectedKeys().isEmpty()) {
      selector.select();
    }

    assertThat(selector.selectedKeys()).containsExactly(key);
  }

  @Test
  void interruptEndsSelectAndStays() throws Exception {
    Pipe pipe = pipe();
    pipe.source().register(selector, SelectionKey.OP_READ);
    Thread waiting = Thread.currentThread();
    Thread.ofVirtual().start(waiting::interrupt);

    assertThat(selector.select()).isEqualTo(0);

    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    assertThat(selector.select()).isEqualTo(0); // at once, for as long as it stays
    assertThat(Thread.interrupted()).isTrue();
    send(pipe);
    assertThat(selector.select()).isEqualTo(1);
  }

  @Test
  void virtualThreadWaitsAndIsToldOfDataAndOfWakeups() throws Exception {
    Pipe pipe = pipe();
    pipe.source().register(selector, SelectionKey.OP_READ);
    FutureTask<Integer> data = new FutureTask<>(selector::select);
    Thread.ofVirtual().start(data);
    send(pipe);
    assertThat(data.get()).isEqualTo(1);

    pipe.source().read(ByteBuffer.allocate(16));
    selector.selectedKeys().clear();
    FutureTask<Integer> nothing = new FutureTask<>(selector::select);
    Thread.ofVirtual().start(nothing);
    selector.wakeup();
    assertThat(nothing.get()).isEqualTo(0);
  }

  @Test
  void cancelledKeyIsNotToldAndItsChannelMayComeBack() throws Exception {
    Pipe pipe = pipe();
    send(pipe);
    SelectionKey key = pipe.source().register(selector, SelectionKey.OP_READ);
    assertThat(selector.select()).isEqualTo(1);
    key.cancel();
    assertThatThrownBy(() -> pipe.source().register(selector, SelectionKey.OP_READ))
        .isInstanceOf(CancelledKeyException.class);

    assertThat(selector.selectNow()).isEqualTo(0);
    SelectionKey again = pipe.source().register(selector, SelectionKey.OP_READ);

    assertThat(selector.select()).isEqualTo(1);
    assertThat(selector.selectedKeys()).containsExactly(again);
  }

  @Test
  void reusedNumberTellsItsNewKeyOnly() throws Exception {
    Pipe first = pipe();
    int number = ((SelChImpl) first.source()).getFDVal();
    send(first);
    SelectionKey old = first.source().register(selector, SelectionKey.OP_READ);
    assertThat(selector.select()).isEqualTo(1);
    selector.selectedKeys().clear();
    first.source().close(); // the JDK gives the number back when the key has left the selector
    assertThat(selector.selectNow()).isEqualTo(0);

    Pipe next = pipe();
    while (((SelChImpl) next.source()).getFDVal() != number) { // other threads open things, too
      next = pipe();
    }
    SelectionKey key = next.source().register(selector, SelectionKey.OP_READ);
    assertThat(selector.selectNow()).isEqualTo(0);
    send(next);

    assertThat(selector.select()).isEqualTo(1);
    assertThat(selector.selectedKeys()).containsExactly(key);
    assertThat(old.isValid()).isFalse();
  }

  @Test
  void actionMayCancelOthersAndCloseTheSelector() throws Exception {
    Pipe one = pipe();
    Pipe two = pipe();
    SelectionKey[] keys = {
      one.source().register(selector, SelectionKey.OP_READ),
      two.source().register(selector, SelectionKey.OP_READ)
    };
    send(one);
    send(two);
    List<SelectionKey> told = new ArrayList<>();
    selector.select(key -> {
      told.add(key);
      for (SelectionKey other : keys) {
        if (!told.contains(other)) {
          other.cancel();
        }
      }
    });
    assertThat(told).contains(keys); // the batch goes on
    assertThat(selector.selectNow()).isEqualTo(1);
    assertThat(selector.keys()).hasSize(1);

    assertThatThrownBy(() -> selector.select(_ -> closeQuietly(selector)))
        .isInstanceOf(ClosedSelectorException.class);
  }

  private static void closeQuietly(Selector selector) {
    try {
      selector.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void closingTheSelectorEndsASelectOfAnotherThread() throws Exception {
    Pipe pipe = pipe();
    pipe.source().register(selector, SelectionKey.OP_READ);
    CountDownLatch beginning = new CountDownLatch(1);
    FutureTask<Integer> selecting =
        new FutureTask<>(() -> {
          selector.selectNow();
          beginning.countDown();
          return selector.select();
        });
    Thread.ofPlatform().daemon().start(selecting);
    beginning.await();

    selector.close();

    try {
      assertThat(selecting.get()).isEqualTo(0);
    } catch (ExecutionException e) { // the close was faster
      assertThat(e).hasCauseInstanceOf(ClosedSelectorException.class);
    }
    assertThat(pipe.source().isRegistered()).isFalse();
    assertThatThrownBy(selector::selectNow).isInstanceOf(ClosedSelectorException.class);
  }
}
