package sluice.testkit.differential;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/// CPython in a process of its own, which runs scripts with its own `select`.
final class Control implements AutoCloseable {
  private final Process process;
  private final BufferedWriter scripts;
  private final BufferedReader answers;

  Control(Path program) throws IOException {
    process =
        new ProcessBuilder("/usr/bin/python3", "-B", program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    scripts = process.outputWriter();
    answers = process.inputReader();
  }

  String run(Script script, Duration limit) throws IOException {
    scripts.write(limit.toMillis() + " " + script.text() + "\n");
    scripts.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the control has ended");
    }
    return answer;
  }

  @Override
  public void close() throws IOException {
    scripts.close(); // it ends by itself, and tidies up
  }
}
