package sluice.linux.uring;

/// What the ring of this kernel can do.
///
/// @param setupFlags how to set it up
/// @param boundedReceive whether one request can receive again and again up to a bound (6.17)
record RingFeatures(int setupFlags, boolean boundedReceive) {}
