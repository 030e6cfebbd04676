internal import Dispatch

/// Runs the jobs of a connection, one at a time, on a dispatch queue of its own, so that libpq may block there
/// without holding a thread of Swift's pool. A serial queue that is not given a target gets a thread whenever it has
/// work, however many others are blocked.
///
/// A task that prefers it (`Task(executorPreference:)`) also runs there between its calls of the connection. It is
/// woken once, instead of once for itself, once for the connection, and once more with the answer. This is for tasks
/// that mostly use their one connection; while PostgreSQL works on a statement, such a task cannot run.
///
/// (`DispatchSerialQueue`, which is a serial executor already, does not exist on Linux.)
public final class ConnectionExecutor: SerialExecutor, TaskExecutor {
  /// Who works on it, for people.
  public let label: String
  private let queue: DispatchQueue

  /// An executor; its thread comes with the first job.
  ///
  /// - Parameter label: what a debugger shows, and what is told of a wait that takes long.
  public init(label: String) {
    self.label = label
    queue = DispatchQueue(label: label)
  }

  /// Runs a job after those before it.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async {
      job.runSynchronously(isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
    }
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
