internal import FlashSale
internal import Glibc

extension Timestamp {
  /// The machine's clock. Only what is stored or measured reads it; a decision never does.
  static var now: Timestamp {
    var time = timespec()
    // Fails only for a clock that doesn't exist.
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
