package sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import sluice.Listener;
import sluice.StreamSocket;

/// Listeners on Unix-domain addresses and their files.
public abstract class UnixListenerContract extends BackendContract {
  /// Returns how long a path may be.
  protected int pathBytesMax() {
    return 107;
  }

  private Listener bind(UnixDomainSocketAddress address) throws IOException {
    return backend().listen(address, 16);
  }

  /// A file that was left behind: nobody listens there any more.
  private UnixDomainSocketAddress staleAddress() throws IOException {
    UnixDomainSocketAddress address = unixAddress();
    Path path = address.getPath();
    Path kept = Path.of(path + ".kept");
    try (Listener _ = bind(address)) {
      Files.createLink(kept, path);
    }
    Files.move(kept, path);
    assertThatThrownBy(() -> connect(address)).isInstanceOf(ConnectException.class);
    return address;
  }

  private StreamSocket connect(UnixDomainSocketAddress address) throws Exception {
    StreamSocket client = track(backend().connect(address));
    Wait.until("connected", client::finishConnect);
    return client;
  }

  private void assertServes(Listener listener) throws Exception {
    Pair pair = pair(listener);
    send(pair.client(), pair.server(), "served");
    assertThat(receive(pair.server(), 6)).isEqualTo("served");
  }

  private void assertRefused(UnixDomainSocketAddress address, String why) {
    assertThatThrownBy(() -> bind(address))
        .isInstanceOf(BindException.class)
        .hasMessageContaining(address.getPath().toString())
        .hasMessageContaining(why);
    assertThat(Files.exists(address.getPath(), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  @Test
  void fileIsForItsOwnerOnly() throws Exception {
    Path path = unixAddress().getPath();
    listen(UnixDomainSocketAddress.of(path));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
  }

  @Test
  void closeRemovesTheFile() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    for (int i = 0; i < 3; i++) {
      Listener listener = bind(address);
      assertThat(address.getPath()).exists();
      listener.close();
      assertThat(address.getPath()).doesNotExist();
    }
  }

  @Test
  void closeIsQuietWhenTheFileIsGone() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    Listener listener = bind(address);
    Files.delete(address.getPath());
    listener.close();
    assertThat(listener.isOpen()).isFalse();
  }

  @Test
  void closeLeavesAFileThatTookThePlaceOfItsOwn() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    Listener first = bind(address);
    Files.delete(address.getPath());
    Listener second = listen(address);
    first.close();
    assertThat(address.getPath()).exists();
    assertServes(second);

    Files.delete(address.getPath());
    Files.writeString(address.getPath(), "kept");
    second.close();
    assertThat(address.getPath()).hasContent("kept");
  }

  @Test
  void staleFileIsReplaced() throws Exception {
    assertServes(listen(staleAddress()));
  }

  @Test
  void servedAddressIsInUseAndStaysServed() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    Listener listener = listen(address);
    assertRefused(address, "in use");
    try (StreamSocket probe = accept(listener)) {
      awaitEnd(probe); // whoever asks whether it is served connects and leaves
    }
    assertServes(listener);
  }

  @Test
  void servedAddressWithAFullBacklogIsInUse() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    Listener _ = track(backend().listen(address, 1));
    List<StreamSocket> waiting = new ArrayList<>();
    boolean full = false;
    while (!full && waiting.size() < 100) {
      try {
        waiting.add(track(backend().connect(address)));
        full = !waiting.getLast().finishConnect();
      } catch (IOException _) {
        full = true;
      }
    }
    assertThat(full).isTrue();
    assertRefused(address, "in use");
  }

  @Test
  void anyOtherFileIsRefusedAndKept() throws Exception {
    UnixDomainSocketAddress file = unixAddress();
    Files.writeString(file.getPath(), "kept");
    assertRefused(file, "a regular file");
    assertThat(file.getPath()).hasContent("kept");
    Files.delete(file.getPath());

    Files.createDirectory(file.getPath());
    assertRefused(file, "a directory");
    Files.delete(file.getPath());

    assertThat(new ProcessBuilder("mkfifo", "" + file.getPath()).start().waitFor()).isZero();
    assertRefused(file, "no socket");
  }

  @Test
  void symbolicLinkIsRefusedAndNotFollowed() throws Exception {
    UnixDomainSocketAddress stale = staleAddress();
    UnixDomainSocketAddress link = UnixDomainSocketAddress.of(stale.getPath() + ".link");
    Files.createSymbolicLink(link.getPath(), stale.getPath());
    assertRefused(link, "a symbolic link");
    assertThat(stale.getPath()).exists();
    Files.delete(stale.getPath());
    assertRefused(link, "a symbolic link");
  }

  @Test
  void missingDirectoryIsNamed() throws Exception {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(unixAddress().getPath() + "/s");
    assertThatThrownBy(() -> bind(address))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(address.getPath().toString());
  }

  @Test
  void emptyPathIsRefused() {
    assertThatThrownBy(() -> bind(UnixDomainSocketAddress.of("")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("path");
  }

  @Test
  void connectToWhatIsNoListenerFailsTyped() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    assertThatThrownBy(() -> connect(address))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(ConnectException.class)
        .hasMessageContaining(address.getPath().toString());
    Files.writeString(address.getPath(), "");
    assertThatThrownBy(() -> connect(address))
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("refused");
  }

  @Test
  void pathsWorkUpToTheLimitAndAreNeverCut() throws Exception {
    Path folder = Objects.requireNonNull(unixAddress().getPath().getParent());
    for (int bytes = 104; bytes <= 109; bytes++) {
      String name = "x".repeat(bytes - folder.toString().length() - 1);
      UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve(name));
      if (bytes <= pathBytesMax()) {
        Listener listener = listen(address);
        assertThat(listener.localAddress()).isEqualTo(address);
        assertThat(address.getPath()).exists();
        assertServes(listener);
        listener.close();
      } else {
        assertThatThrownBy(() -> bind(address))
            .isInstanceOf(SocketException.class)
            .hasMessageContaining(name);
        assertThatThrownBy(() -> connect(address)).isInstanceOf(SocketException.class);
      }
      try (var files = Files.list(folder)) {
        assertThat(files).isEmpty();
      }
    }
  }

  @Test
  void closeResetsWhoWaitsToBeAccepted() throws Exception {
    UnixDomainSocketAddress address = unixAddress();
    Listener listener = bind(address);
    List<StreamSocket> waiting = List.of(connect(address), connect(address));
    listener.close();
    for (StreamSocket client : waiting) {
      awaitReadable(client);
      assertThatThrownBy(() -> client.read(ByteBuffer.allocate(1)))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  /// Of all who want a path at the same moment exactly one gets it, and keeps it.
  @Test
  void oneOfManyGetsAStalePath() throws Exception {
    int racers = 4;
    try (ExecutorService threads = Executors.newFixedThreadPool(racers)) {
      for (int round = 0; round < 100; round++) {
        UnixDomainSocketAddress address = staleAddress();
        CountDownLatch start = new CountDownLatch(1);
        Callable<Listener> race =
            () -> {
              start.await();
              return bind(address);
            };
        List<Future<Listener>> results = new ArrayList<>();
        for (int i = 0; i < racers; i++) {
          results.add(threads.submit(race));
        }
        start.countDown();
        List<Listener> winners = new ArrayList<>();
        for (Future<Listener> result : results) {
          try {
            winners.add(result.get());
          } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(BindException.class);
          }
        }
        assertThat(winners).hasSize(1);
        try (StreamSocket client = backend().connect(address)) {
          Wait.until("connected", client::finishConnect);
        }
        winners.getFirst().close();
        assertThat(address.getPath()).doesNotExist();
      }
    }
  }

  @Test
  void refusedPathsLeaveNoDescriptor() throws Exception {
    UnixDomainSocketAddress served = unixAddress();
    Listener listener = listen(served);
    UnixDomainSocketAddress file = unixAddress();
    Files.writeString(file.getPath(), "");
    DescriptorCount.assertNoneLeak(() -> {
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(() -> bind(served)).isInstanceOf(BindException.class);
        accept(listener).close();
        assertThatThrownBy(() -> bind(file)).isInstanceOf(BindException.class);
      }
    });
  }
}
