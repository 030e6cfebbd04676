import Foundation
import Glibc
import Synchronization
import Time

/// What the crowd intended, written down before it acts, and what it was told.
///
/// (1) An order is in `intents` before its first byte is sent.
/// (2) A time-out, a broken connection and a 5xx say nothing: such an order may have one outcome or none.
final class Journal: Sendable {
  /// What is known once the crowd has left.
  struct Contents: Sendable {
    var intents: [Order] = []
    /// By order id: the order that a 202 was for.
    var accepted: [String: Int] = [:]
    /// Orders that got a second order id for the same key.
    var twoIDs: [String] = []
    /// Answers `202`, repeats among them.
    var promises = 0
    /// Orders given up without a final answer.
    var unknown = 0
    /// Final refusals by status and code, such as `409 sold_out`.
    var refused: [String: Int] = [:]
    /// Retryable answers, by status and code; 0 is none.
    var retried: [String: Int] = [:]
    /// Answers that the API does not document.
    var unexpected: [String] = []
  }

  /// `order_id ticket buyer key sku quantity scheduled_us sent_us answered_us status`, as the load test writes it.
  let ledger: String
  private let contents = Mutex(Contents())
  private let idOf = Mutex<[Int: String]>([:])
  private let file: FileHandle
  private let intentsFile: FileHandle
  private let begin = ContinuousClock.now

  init(folder: String) throws {
    ledger = "\(folder)/ledger.tsv"
    file = try Self.create(ledger)
    intentsFile = try Self.create("\(folder)/intents.tsv")
    let header = "order_id\tticket\tbuyer\tkey\tsku\tquantity\tscheduled_us\tsent_us\tanswered_us\tstatus\n"
    try file.write(contentsOf: Data(header.utf8))
  }

  private static func create(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// Since the beginning, in microseconds.
  var now: Int { Int((ContinuousClock.now - begin).wholeMicroseconds) }

  /// What is known so far.
  var current: Contents { contents.withLock { $0 } }

  func intend(_ order: Order) {
    let line = "\(order.sale)\t\(order.buyer)\t\(order.key)\t\(order.sku)\t\(order.quantity)\n"
    contents.withLock {
      $0.intents.append(order)
      try? intentsFile.write(contentsOf: Data(line.utf8))
    }
  }

  func accepted(_ order: Order, id: String, ticket: String, sent: Int) {
    let earlier = idOf.withLock { ids -> String? in
      defer { ids[order.number] = id }
      return ids[order.number]
    }
    contents.withLock {
      $0.accepted[id] = order.number
      if !ticket.isEmpty { $0.promises += 1 }
      if let earlier, earlier != id { $0.twoIDs.append("\(order.key): \(earlier) and \(id)") }
      write(order, id: id, ticket: ticket, sent: sent, status: "accepted")
    }
  }

  func gaveUp(_ order: Order, id: String?, sent: Int) {
    contents.withLock {
      $0.unknown += 1
      write(order, id: id ?? "", ticket: "", sent: sent, status: "unknown")
    }
  }

  func refused(_ what: String) { contents.withLock { $0.refused[what, default: 0] += 1 } }

  func retried(_ what: String) { contents.withLock { $0.retried[what, default: 0] += 1 } }

  func unexpected(_ what: String) { contents.withLock { $0.unexpected.append(what) } }

  /// Adds the ledger of a load test that ran beside the crowd.
  func add(ledger path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let header = text.firstIndex(of: "\n") else { return }
    try contents.withLock { _ in try file.write(contentsOf: Data(text[text.index(after: header)...].utf8)) }
  }

  private func write(_ order: Order, id: String, ticket: String, sent: Int, status: String) {
    let columns = [id, ticket, order.buyer, order.key, order.sku, "\(order.quantity)", "\(sent)", "\(sent)", "\(now)"]
    try? file.write(contentsOf: Data((columns + [status]).joined(separator: "\t").utf8 + [10]))
  }
}
