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
    tab()
    chunk += Mix.buyerName(request.buyer).utf8
    tab()
    chunk += mix.key(original: request.original).utf8
    tab()
    // Tabs and line ends cannot be in a column.
    chunk += skus[request.sku].utf8.lazy.map { $0 < 32 ? UInt8(ascii: "?") : $0 }
    tab()
    chunk += String(mix.quantity).utf8
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
