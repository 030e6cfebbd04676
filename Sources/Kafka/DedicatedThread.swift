internal import CRdkafka
internal import Dispatch
internal import Glibc

/// A thread of its own, for loops that block in librdkafka. Swift's cooperative pool has as many threads as cores, and
/// a blocked one is lost to every task.
enum DedicatedThread {
  /// The thread ends with its body; nothing joins it.
  ///
  /// - Parameter name: what debuggers and `top -H` show; Linux keeps 15 characters.
  static func start(name: String, _ body: @escaping @Sendable () -> Void) {
    let task = Unmanaged.passRetained(ThreadBody(name: name, run: body))
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, runThreadBody, task.toOpaque())
    if result == 0 {
      pthread_detach(thread)
    } else {
      // Out of threads: the work is not lost. Dispatch makes one as soon as it can.
      task.release()
      DispatchQueue(label: name).async(execute: body)
    }
  }

  /// Gives the processor to another thread.
  static func yield() {
    sched_yield()
  }

  /// Only ever on a thread of its own.
  static func sleep(_ duration: Duration) {
    usleep(UInt32(duration.milliseconds) * 1_000)
  }
}

private final class ThreadBody: Sendable {
  let name: String
  let run: @Sendable () -> Void

  init(name: String, run: @escaping @Sendable () -> Void) {
    self.name = name
    self.run = run
  }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
  penstock_name_this_thread(body.name)
  body.run()
  return nil
}
