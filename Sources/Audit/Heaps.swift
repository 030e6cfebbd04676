internal import Glibc

/// Keeps an audit's memory flat, which glibc's allocator alone would not do.
///
/// Each stretch has a client of librdkafka with threads of its own, and glibc gives new threads new heaps, up to eight
/// for each core. What a stretch frees lies scattered in a dozen of them between what others hold: 50 MB of heaps with
/// 13 MB in use after 80 stretches, and more with each.
public enum Heaps {
  private typealias Mallopt = @convention(c) (CInt, CInt) -> CInt
  private typealias MallocTrim = @convention(c) (Int) -> CInt

  // By name, because Swift's module of glibc leaves malloc.h out; `nil` in a C library that does not have them.
  private static let mallopt = dlsym(nil, "mallopt").map { unsafeBitCast($0, to: Mallopt.self) }
  private static let mallocTrim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: MallocTrim.self) }

  /// `M_ARENA_MAX` of malloc.h.
  private static let arenaMax: CInt = -8

  /// Lets the threads that are still to come share `Limits.heaps`. For a process that does nothing else.
  public static func share() { _ = mallopt?(arenaMax, Limits.heaps) }

  /// Gives the free pages of all heaps back to the system (malloc_trim(3), since glibc 2.8). Milliseconds.
  static func trim() { _ = mallocTrim?(0) }
}
