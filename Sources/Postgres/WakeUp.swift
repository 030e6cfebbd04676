internal import CLibpq
internal import Glibc
internal import Time

/// An eventfd by which another thread ends a wait in poll(2). Owns the descriptor.
final class WakeUp: Sendable {
  let descriptor: Int32

  init() throws(PostgresError) {
    descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    guard descriptor >= 0 else { throw PostgresError(.connect, "eventfd: error \(errno)") }
  }

  deinit { _ = Glibc.close(descriptor) }

  /// Makes every wait on it end, now and later.
  func signal() {
    // Fails only if the counter would overflow, and then it is readable already.
    _ = eventfd_write(descriptor, 1)
  }

  /// Waits until `socket` (−1 for none) is readable, `signal` was called, or the time is over; `nil` is for ever.
  /// Returns whether `signal` was called.
  func wait(for socket: Int32, timeout: Duration?) -> Bool {
    // "poll ignores negative file descriptors" (poll(2)).
    var descriptors = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
    ]
    // Interrupted (EINTR) looks like a wait that is over; callers look again.
    _ = poll(&descriptors, 2, timeout.map { Int32(clamping: $0.wholeMilliseconds) } ?? -1)
    return descriptors[0].revents != 0
  }
}
