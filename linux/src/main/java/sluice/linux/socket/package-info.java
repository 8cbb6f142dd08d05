/// Sockets by descriptor.
package sluice.linux.socket;
