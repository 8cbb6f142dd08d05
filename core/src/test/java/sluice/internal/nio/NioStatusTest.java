package sluice.internal.nio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.spi.Status;

class NioStatusTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Software caused connection abort",
        "Operation not permitted",
        "Protocol error",
        "Protocol not available",
        "Operation not supported",
        "Machine is not on the network",
        "Host is down",
        "Network is down",
        "Network is unreachable",
        "No route to host"
      })
  void failureOfOneConnectionIsNoneOfItsListener(String message) {
    assertThat(NioStatus.ofAccept(new SocketException(message))).isEqualTo(Status.RESET);
  }

  @ParameterizedTest
  @CsvSource({
    "Too many open files, -7",
    "Too many open files in system, -7",
    "Cannot allocate memory, -8",
    "No buffer space available, -8",
    "Invalid argument, -11",
    "Bad file descriptor, -13"
  })
  void failureOfTheListenerOrTheSystemIsTold(String message, int status) {
    assertThat(NioStatus.ofAccept(new IOException(message))).isEqualTo(status);
  }

  @Test
  void routeThatIsMissingIsUnreachable() {
    assertThat(NioStatus.of(new NoRouteToHostException("x"))).isEqualTo(Status.UNREACHABLE);
    assertThat(NioStatus.of(new IOException("No route to host"))).isEqualTo(Status.UNREACHABLE);
  }
}
