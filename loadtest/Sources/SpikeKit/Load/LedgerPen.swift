internal import NIOCore

/// Writes an event loop's lines of the ledger, and gives them to the writer in chunks.
struct LedgerPen {
  let ledger: Ledger
  let epoch: Epoch
  let skus: [String]
  let mix: Mix
  private var chunk: [UInt8] = []

  init(ledger: Ledger, epoch: Epoch, skus: [String], mix: Mix) {
    self.ledger = ledger
    self.epoch = epoch
    self.skus = skus
    self.mix = mix
    chunk.reserveCapacity(Limits.ledgerChunkBytes + 1_024)
  }

  /// - Parameters:
  ///   - id: `nil` where no answer named the order. Its columns are empty then.
  ///   - status: `accepted` or `unknown`.
  mutating func note(
    _ id: OrderID?, ticket: borrowing Span<UInt8>, _ flight: Flight, at now: NIODeadline, status: StaticString
  ) {
    let request = mix.request(flight.number, attempt: flight.attempt)
    if let id { chunk += id.bytes }
    tab()
    ticket.withUnsafeBufferPointer { chunk.append(contentsOf: $0) }
    finish(request, mix.key(original: request.original), mix.quantity, flight, at: now, status)
  }

  /// What a command about an order is known to have done.
  ///
  /// - Parameters:
  ///   - key: `captured`: the payment's id. `cancelled`: the command's key.
  ///   - quantity: `captured`: minor units of money. `cancelled`: units that were given back.
  ///   - status: `captured` or `cancelled`.
  mutating func note(
    _ id: OrderID, _ flight: Flight, key: String, quantity: Int, at now: NIODeadline, status: StaticString
  ) {
    chunk += id.bytes
    tab()
    finish(mix.request(flight.number, attempt: flight.attempt), key, quantity, flight, at: now, status)
  }

  /// The columns behind the ticket.
  private mutating func finish(
    _ request: Mix.Request, _ key: String, _ quantity: Int, _ flight: Flight, at now: NIODeadline,
    _ status: StaticString
  ) {
    tab()
    chunk += Mix.buyerName(request.buyer).utf8
    tab()
    chunk += key.utf8
    tab()
    // Tabs and line ends cannot be in a column.
    chunk += skus[request.sku].utf8.lazy.map { $0 < 32 ? UInt8(ascii: "?") : $0 }
    tab()
    chunk += String(quantity).utf8
    for time in [flight.scheduled, flight.sent, now] {
      tab()
      chunk += String(epoch.microseconds(at: time)).utf8
    }
    tab()
    status.withUTF8Buffer { chunk.append(contentsOf: $0) }
    chunk.append(UInt8(ascii: "\n"))
    if chunk.count >= Limits.ledgerChunkBytes { flush() }
  }

  /// Hands over what is gathered.
  mutating func flush() {
    guard !chunk.isEmpty else { return }
    ledger.write(chunk)
    chunk.removeAll(keepingCapacity: true)
  }

  private mutating func tab() { chunk.append(UInt8(ascii: "\t")) }
}
