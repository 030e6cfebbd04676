internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Ctrl-C while sending: the first one ends the sending, so that promises can still be followed and checked; the second
/// one ends the program.
///
/// Not a `UnixSignalsSequence`: that traps a signal from some later moment on, and never gives it back to the system.
struct Interrupt {
  private let source: any DispatchSourceSignal

  init(_ stop: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    // A dispatch source only watches: the default action must be off, or the process is gone first.
    signal(SIGINT, SIG_IGN)
    source.setEventHandler {
      signal(SIGINT, SIG_DFL)
      stop()
    }
    source.activate()
  }

  func cancel() {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
