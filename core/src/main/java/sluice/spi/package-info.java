/// The one seam between Sluice and the operating system, for the modules of this project only.
///
/// Above it is ordinary Java that never names a kernel; below it code decodes, calls and encodes,
/// and decides nothing. Results are `>= 0` or a [sluice.spi.Status].
package sluice.spi;
