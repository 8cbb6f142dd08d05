/// A multi-client server: [sluice.server.Server], its [sluice.server.ConnectionHandler] and the
/// [sluice.server.Connection]s it hands out.
package sluice.server;
