internal import Dispatch
internal import NIOCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What is shown while the run goes on: on a terminal a block that is redrawn, elsewhere a plain line each second.
final class Progress {
  private let output: Int32
  private let isTerminal: Bool
  /// Lines of the block on the screen that the next one replaces.
  private var drawn = 0

  /// - Parameter output: A file descriptor that stays open.
  init(output: Int32 = STDOUT_FILENO) {
    self.output = output
    isTerminal = isatty(output) == 1
  }

  /// Text that stays.
  func say(_ text: String) {
    put(text.hasSuffix("\n") ? text : text + "\n")
  }

  /// Waits on the main thread until all futures are done, and shows how far they are.
  func watch(_ running: [EventLoopFuture<Void>], _ frame: () throws -> Frame) throws {
    let done = DispatchSemaphore(value: 0)
    for future in running { future.whenComplete { _ in done.signal() } }
    let pause = DispatchTimeInterval.milliseconds(isTerminal ? Limits.redraw.terminal : Limits.redraw.plain)
    var next = DispatchTime.now() + pause
    for _ in running {
      while done.wait(timeout: next) == .timedOut {
        show(try frame())
        next = max(next + pause, .now())
      }
    }
    show(try frame())
    drawn = 0
  }

  private func show(_ frame: Frame) {
    guard isTerminal else { return put(frame.line + "\n") }
    // ECMA-48: CUU goes up over what was drawn before, EL erases the rest of each line, ED all below.
    let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
    put(up + frame.block.map { "\($0.prefix(width - 1))\u{1B}[K\n" }.joined() + "\u{1B}[J")
    drawn = frame.block.count
  }

  private var width: Int {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 100 }
    return Int(size.ws_col)
  }

  private func put(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      // Nobody reads any more: the run and its exit code go on.
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}

/// One line on standard error.
func complain(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
