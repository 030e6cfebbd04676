internal import FlashSale
internal import SaleStore

/// The outcomes of a ledger's lines.
struct LedgerCounts: Sendable {
  /// Promises: lines with a 202.
  var accepted: Int64 = 0

  /// Lines whose client never learnt the request's fate: no outcome, or one, is right.
  var unknown: Int64 = 0

  /// Promises that have their outcome.
  var decided: Int64 = 0

  /// Promises whose record was set aside; that is their outcome.
  var quarantined: Int64 = 0

  /// Promises behind the progress: in the log, and not decided yet.
  var inFlight: Int64 = 0

  /// Promises without an outcome.
  var lost: Int64 = 0

  /// Those of them that the log misses too and that were not counted as lost yet.
  var lostBesideLog: Int64 = 0

  /// Payments and cancellations of which the client was told what they did, and those that the store does not have.
  var commands: Int64 = 0
  var commandsLost: Int64 = 0
}

extension AuditRun {
  /// Looks every line up. Each promise needs exactly one outcome; the replay has shown that there is no second one.
  mutating func compare(_ file: LedgerFile, _ report: (AuditProgress) -> Void) async throws {
    var reader = file.reader
    var counts = LedgerCounts()
    var furthest: [Partition: Offset] = [:]
    while true {
      let lines = try reader.next(Limits.ledgerLines)
      guard let last = lines.last else { break }
      let promises = lines.filter(\.isAccepted)
      counts.accepted += Int64(promises.count)
      let commands = lines.filter { $0.command != nil }
      counts.unknown += Int64(lines.count - promises.count - commands.count)
      counts.commands += Int64(commands.count)
      try await compare(promises, &counts, &furthest)
      try await compare(commands: commands, &counts)
      report(.ledger(lines: last.number))
    }
    try await compareEnds(furthest, &counts)
    ledger = counts
  }

  private mutating func compare(
    _ promises: [LedgerLine], _ counts: inout LedgerCounts, _ furthest: inout [Partition: Offset]
  ) async throws {
    let places = try await store.places(of: promises.compactMap(\.order))
    var missing: [(line: LedgerLine, order: OrderID, ticket: LogPosition)] = []
    for line in promises {
      guard let order = line.order else { continue }
      if let ticket = line.ticket {
        furthest[ticket.partition] = max(furthest[ticket.partition] ?? ticket.offset, ticket.offset)
      }
      guard let place = places[order] else {
        if let ticket = line.ticket {
          missing.append((line, order, ticket))
        } else {
          lose(order, of: line, &counts)
        }
        continue
      }
      counts.decided += 1
      if place.buyer != line.buyer {
        replay.findings.add(
          .ledger, at: place.position, "line \(line.number): order \(order) is stored as another buyer's")
      }
    }
    let kept = try await store.quarantined(topic: topic, at: missing.map(\.ticket))
    for (line, order, ticket) in missing {
      if kept.contains(ticket) {
        counts.quarantined += 1
      } else if ticket.offset >= next(of: ticket.partition) {
        counts.inFlight += 1
      } else {
        lose(order, of: line, &counts)
      }
    }
  }

  /// What a client was told of a payment or a cancellation is what the store has of it (I13).
  private mutating func compare(commands: [LedgerLine], _ counts: inout LedgerCounts) async throws {
    var payments: [Payment.Key] = []
    var cancellations: [CancelledUnits.Key] = []
    for line in commands {
      guard let order = line.order else { continue }
      switch line.command {
      case .captured(let payment, _): payments.append(Payment.Key(sale: order.sale, id: payment))
      case .cancelled(let id, _): cancellations.append(CancelledUnits.Key(order: order, command: id))
      case nil: break
      }
    }
    let captured = try await store.captured(payments)
    let cancelled = try await store.cancelled(cancellations)
    for line in commands {
      guard let order = line.order else { continue }
      let words: String
      switch line.command {
      case .captured(let payment, let minor):
        let stored = captured[Payment.Key(sale: order.sale, id: payment)]
        if let stored, stored.order == order, stored.minor == minor { continue }
        words = "payment \(payment) of \(minor) minor units"
      case .cancelled(let id, let units):
        if cancelled[CancelledUnits.Key(order: order, command: id)] == units { continue }
        words = "a cancellation of \(units) units"
      case nil: continue
      }
      counts.commandsLost += 1
      replay.findings.add(
        .ledger, at: line.ticket, "line \(line.number): order \(order): \(words) was answered, and is not stored so")
    }
  }

  private mutating func lose(_ order: OrderID, of line: LedgerLine, _ counts: inout LedgerCounts) {
    counts.lost += 1
    // A ledger has a line for each 202; an order that was retried can have several.
    if !replay.counts.lostOrders.contains(order) {
      counts.lostBesideLog += 1
      if replay.counts.lostOrders.count < Limits.rememberedLosses { replay.counts.lostOrders.insert(order) }
    }
    replay.findings.add(
      .ledger, at: line.ticket, "line \(line.number): order \(order) was accepted, and has no outcome")
  }

  private func next(of partition: Partition) -> Offset {
    lines.first { $0.partition == partition }?.next ?? Offset(.max)
  }

  /// A ticket past the log's end: the log has lost what it had acknowledged (I3).
  private mutating func compareEnds(_ furthest: [Partition: Offset], _ counts: inout LedgerCounts) async throws {
    for (partition, offset) in furthest.sorted(by: { $0.key < $1.key }) {
      let position = LogPosition(partition: partition, offset: offset)
      guard (0..<partitions).contains(partition.rawValue) else {
        replay.findings.add(.ledger, at: position, "a ticket is for a partition that the topic does not have")
        continue
      }
      let end = try await log.bounds(of: partition).upperBound
      guard offset >= end else { continue }
      counts.lostBesideLog += 1
      counts.lost += 1
      replay.findings.add(
        .ledger, at: position, "a ticket was given for this place, and the log ends at \(end): it lost what it had")
    }
  }
}
