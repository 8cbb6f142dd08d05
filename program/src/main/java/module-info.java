import org.jspecify.annotations.NullMarked;

/// The `sluice` command.
@NullMarked
module sluice.program {
  requires sluice.server;
  requires info.picocli;
  requires ch.qos.logback.classic;
  requires HdrHistogram; // an automatic module, named after its file
  requires org.slf4j;
  requires static org.jspecify;
  requires java.compiler;
  requires jdk.unsupported; // sun.misc.Signal: a shutdown hook alone cannot end with status 0

  // picocli fills the options, Logback makes its converter.
  opens sluice.program to
      info.picocli,
      ch.qos.logback.core;
}
