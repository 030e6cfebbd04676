import Synchronization
import Time

/// What buyers and providers of a sale with holds did, and what they were told.
///
/// (1) A capture is in `captures` before its first byte is sent.
/// (2) `told` has what an answer of 200 said; who got none may have paid or not.
final class LifeJournal: Sendable {
  struct Contents: Sendable {
    /// Minor units of each capture, by payment.
    var captures: [String: Int64] = [:]
    /// What became of a capture: `applied` or `refund_due`.
    var told: [String: String] = [:]
    /// Orders by the last state that was seen of them.
    var states: [String: Int] = [:]
    /// Commands without an answer.
    var unknown = 0
    /// Answers that should not be.
    var wrong: [String] = []
  }

  private let contents = Mutex(Contents())

  /// What is known so far.
  var current: Contents { contents.withLock { $0 } }

  func intend(_ payment: String, _ minor: Int64) { contents.withLock { $0.captures[payment] = minor } }

  func told(_ payment: String, _ result: String) {
    contents.withLock { contents in
      if let before = contents.told[payment], before != result {
        contents.wrong.append("\(payment) was told \(before), and then \(result)")
      }
      contents.told[payment] = result
    }
  }

  func ended(_ state: String) { contents.withLock { $0.states[state, default: 0] += 1 } }

  func unknown() { contents.withLock { $0.unknown += 1 } }

  func wrong(_ what: String) { contents.withLock { $0.wrong.append(what) } }
}
