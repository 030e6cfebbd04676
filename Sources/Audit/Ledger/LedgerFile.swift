internal import FlashSale
public import Foundation

/// Why a ledger cannot be read.
public struct LedgerError: Error, Sendable, CustomStringConvertible {
  /// The line and what is wrong with it.
  public let description: String
}

/// A ledger of the load test: tab-separated lines under a header, one for each promise (`accepted`), for each request
/// whose outcome its client does not know (`unknown`), and for each payment (`captured`) and cancellation (`cancelled`)
/// of which the client was told what it did.
public struct LedgerFile: Sendable {
  /// Behind the header.
  let reader: LedgerReader

  /// A ledger in a file that was opened for it. It can be a pipe: it is read once, from its beginning to its end.
  ///
  /// Reads the header. Throws `LedgerError` if it is none, and what reading throws.
  public init(_ file: FileHandle) throws { reader = try LedgerReader(file) }
}

/// One line.
struct LedgerLine {
  /// What a command is known to have done.
  enum Command {
    /// So much of a payment was captured, in minor units.
    case captured(PaymentID, minor: Int64)
    /// So many units were given back.
    case cancelled(CommandID, units: Int64)
  }

  let number: Int64

  /// `nil` where no answer named the order.
  let order: OrderID?

  /// The place in the log that the ticket names. A promise without a ticket was decided when it was made.
  let ticket: LogPosition?
  let buyer: String
  let isAccepted: Bool
  /// `nil`: the line is about the order itself.
  var command: Command?
}

/// Reads a ledger from its beginning to its end, some lines at a time.
struct LedgerReader: Sendable {
  private let file: FileHandle
  private var bytes: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private var number: Int64 = 0
  private var columns = Columns()

  private struct Columns {
    var order = 0
    var ticket = 0
    var buyer = 0
    var status = 0
    /// What commands are named and measured by. A ledger without commands may lack them.
    var key: Int?
    var quantity: Int?
    var count = 0
  }

  init(_ file: FileHandle) throws {
    self.file = file
    guard let header = try nextLine() else { throw LedgerError(description: "the ledger is empty") }
    func column(_ name: Substring) throws -> Int {
      guard let index = header.firstIndex(of: name) else {
        throw LedgerError(description: "the ledger's first line names no column \(name)")
      }
      return index
    }
    columns = Columns(
      order: try column("order_id"), ticket: try column("ticket"), buyer: try column("buyer"),
      status: try column("status"), key: header.firstIndex(of: "key"), quantity: header.firstIndex(of: "quantity"),
      count: header.count)
  }

  /// The next lines, at most so many; empty at the end. Throws `LedgerError` at an invalid line.
  mutating func next(_ most: Int) throws -> [LedgerLine] {
    var lines: [LedgerLine] = []
    while lines.count < most, let fields = try nextLine() {
      guard fields.count == columns.count else { throw broken("it has \(fields.count) columns") }
      let (id, ticket) = (fields[columns.order], fields[columns.ticket])
      let order = OrderID(String(id))
      guard order != nil || id.isEmpty else { throw broken("\(id) is not an order id") }
      let position = LogPosition(ticket: ticket)
      guard position != nil || ticket.isEmpty else { throw broken("its ticket is not valid") }
      let isAccepted = fields[columns.status] == "accepted"
      let command = try command(fields)
      guard isAccepted || command != nil || fields[columns.status] == "unknown" else {
        throw broken("its status is not known")
      }
      // Without a ticket: an order that was sent again, and answered with its outcome.
      guard !isAccepted && command == nil || order != nil else { throw broken("it promises no order") }
      lines.append(
        LedgerLine(
          number: number, order: order, ticket: position, buyer: String(fields[columns.buyer]), isAccepted: isAccepted,
          command: command))
    }
    return lines
  }

  /// What a line tells of a command; `nil` if it is about the order itself.
  private func command(_ fields: [Substring]) throws -> LedgerLine.Command? {
    let status = fields[columns.status]
    guard status == "captured" || status == "cancelled" else { return nil }
    guard let key = columns.key.map({ String(fields[$0]) }),
      let amount = columns.quantity.flatMap({ Int64(fields[$0]) })
    else { throw broken("it has no key and no quantity") }
    do throws(ValidationError) {
      return status == "captured"
        ? .captured(try PaymentID(validating: key), minor: amount)
        : .cancelled(CommandID(ofBuyer: try IdempotencyKey(validating: key)), units: amount)
    } catch {
      throw broken("its key \(error.reason)")
    }
  }

  private var tooLong: LedgerError {
    LedgerError(description: "line \(number + 1) of the ledger is longer than any line of a ledger")
  }

  private func broken(_ why: String) -> LedgerError { LedgerError(description: "line \(number) of the ledger: \(why)") }

  /// The fields of the next line; `nil` at the end.
  private mutating func nextLine() throws -> [Substring]? {
    while true {
      if let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
        guard end - start <= Limits.ledgerLineBytes else { throw tooLong }
        defer { start = end + 1 }
        number += 1
        return String(decoding: bytes[start..<end], as: UTF8.self)
          .split(separator: "\t", omittingEmptySubsequences: false)
      }
      bytes.removeFirst(start)
      start = 0
      guard bytes.count <= Limits.ledgerLineBytes else { throw tooLong }
      // A file's read waits for the disk at most.
      guard let more = try file.read(upToCount: Limits.ledgerChunkBytes), !more.isEmpty else {
        guard bytes.isEmpty else {
          throw LedgerError(description: "line \(number + 1) of the ledger is not whole: its writer was cut off")
        }
        return nil
      }
      bytes += more
    }
  }
}

extension LogPosition {
  /// The place that a ticket's text names, without a check of its signature: partition and offset are its first 12
  /// bytes, 16 letters of base64url.
  init?(ticket: Substring) {
    let letters = ticket.prefix(16).map { letter -> Character in
      switch letter {
      case "-": "+"
      case "_": "/"
      default: letter
      }
    }
    guard letters.count == 16, let bytes = Data(base64Encoded: String(letters)), bytes.count == 12 else { return nil }
    let partition = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let offset = bytes.dropFirst(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    self.init(partition: Partition(Int32(bitPattern: partition)), offset: Offset(Int64(bitPattern: offset)))
  }
}
