internal import Dispatch

/// Runs the jobs of one connection, one at a time, on a dispatch queue of its own, so that libpq may block there
/// without holding a thread of Swift's pool. A serial queue that is not given a target gets a thread whenever it has
/// work, however many others are blocked.
///
/// (`DispatchSerialQueue`, which is such an executor already, does not exist on Linux.)
final class ConnectionExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(label: String) {
    queue = DispatchQueue(label: label)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  /// Runs `work` on the queue and hands its result over.
  func run<Value, Failure>(_ work: @escaping @Sendable () throws(Failure) -> sending Value) async
    -> sending Result<Value, Failure>
  {
    await withCheckedContinuation { continuation in
      queue.async {
        do throws(Failure) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
  }
}
