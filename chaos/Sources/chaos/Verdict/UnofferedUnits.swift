import Foundation
import Postgres
import TestSupport
import Time

/// How long a free unit lay unoffered while somebody waited for it. A unit is free from the due of its hold on, or from
/// the time of the record that gave it back or put it up. It is found in two ways.
///
/// - By the rows: every step of every order and stock is replayed in the order of the log, with the records' own times.
/// - As seen: the store is asked again and again, by its own clock. This has the time until the commit in it.
enum UnofferedUnits {
  struct ByRows: Sendable {
    var longest = Duration.zero
    var offers = 0
  }

  struct Seen: Sendable {
    private(set) var longest = Duration.zero
    /// What lay there that long, and when it did.
    private(set) var what = "nothing"
    var looks = 0

    fileprivate mutating func add(_ time: Int64, _ what: @autoclosure () -> String) {
      guard .microseconds(time) > longest else { return }
      (longest, self.what) = (.microseconds(time), what())
    }
  }

  // MARK: By the rows

  /// Replays a sale's rows: they must be those of a sale that gives parts to those who wait (`partial`) and has no
  /// extensions.
  static func byRows(
    _ sale: String, _ holdSeconds: Int, _ offerSeconds: Int, _ connection: Connection
  ) async throws -> ByRows {
    let rows = try await connection.query(
      """
      SELECT o.sku, o.log_offset, -1::int2 AS place, o.order_id::text, o.outcome AS action, 0::int2 AS state,
        o.quantity AS units, (extract(epoch FROM o.accepted_at) * 1000000)::int8 AS at
      FROM orders o JOIN sales s ON s.number = o.sale WHERE s.id = $1 AND o.outcome IN (0, 100)
      UNION ALL
      SELECT h.sku, h.log_offset, h.place, h.order_id::text, h.action, coalesce(h.state, 0::int2),
        h.units, (extract(epoch FROM h.at) * 1000000)::int8
      FROM history h JOIN sales s ON s.number = h.sale
      WHERE s.id = $1 AND (h.sequence > 0 OR (h.order_id IS NULL AND h.result = 0))
      ORDER BY 1, 2, 3
      """, sale)
    let stock = try await connection.query(
      """
      SELECT k.sku, k.put_up - coalesce((
        SELECT sum(h.units) FROM history h WHERE h.sale = k.sale AND h.sku = k.sku AND h.order_id IS NULL
      ), 0)::int8
      FROM stock k JOIN sales s ON s.number = k.sale WHERE s.id = $1
      """, sale)
    var shelves: [String: FreeUnits] = [:]
    for row in stock {
      shelves[try row.string(0)] = FreeUnits(
        units: Int(try row.int64(1)), holdSeconds: Int64(holdSeconds), offerSeconds: Int64(offerSeconds))
    }
    for row in rows {
      let step = FreeUnits.Step(
        offset: try row.int64(1), isDecision: try row.int16(2) < 0, order: try row.optional(3, as: String.self),
        action: try row.int16(4), state: try row.int16(5), units: Int(try row.int32(6)), at: try row.int64(7))
      shelves[try row.string(0)]?.take(step)
    }
    var result = ByRows()
    for var shelf in shelves.values {
      shelf.finish()
      result.longest = max(result.longest, .microseconds(shelf.longest))
      result.offers += shelf.offers
    }
    return result
  }

  // MARK: As seen

  /// Looks at the store until its task is cancelled: how long the earliest hold that is still there has been over, and
  /// since when units are left, while somebody waits for the same SKU.
  static func watch(_ sale: String, of stage: Stage) async throws -> Seen {
    try await stage.ask { connection in
      var seen = Seen()
      var freeSince: [String: Int64] = [:]
      let begin = ContinuousClock.now
      while !Task.isCancelled {
        let rows = try await connection.query(
          """
          SELECT k.sku, k.units_left, (extract(epoch FROM clock_timestamp()) * 1000000)::int8,
            (SELECT (extract(epoch FROM min(due)) * 1000000)::int8 FROM holds h
             WHERE h.sale = k.sale AND h.sku = k.sku AND h.state = 2 AND h.due <= clock_timestamp())
          FROM stock k JOIN sales s ON s.number = k.sale
          WHERE s.id = $1 AND EXISTS (SELECT FROM holds w WHERE w.sale = k.sale AND w.sku = k.sku AND w.state = 1)
          """, sale)
        seen.looks += 1
        var free: [String: Int64] = [:]
        for row in rows {
          let (sku, now) = (try row.string(0), try row.int64(2))
          let second = begin.duration(to: .now).components.seconds
          if let due = try row.optional(3, as: Int64.self) {
            seen.add(now - due, "a hold of \(sku) that was over, at second \(second)")
          }
          let left = try row.int32(1)
          guard left > 0 else { continue }
          let since = freeSince[sku] ?? now
          free[sku] = since
          seen.add(now - since, "\(left) units of \(sku) that were left, at second \(second)")
        }
        freeSince = free
        try? await Task.sleep(for: .milliseconds(20))
      }
      return seen
    }
  }
}

/// The units of one SKU that are free, by its steps in the order of the log. Pure.
struct FreeUnits {
  /// One step of an order or of the stock.
  struct Step {
    let offset: Int64
    /// Whether it is an order's first decision.
    let isDecision: Bool
    /// `nil`: the stock's.
    let order: String?
    /// Of a first decision: 0 won, 100 waits. Else as in the history.
    let action: Int16
    /// Behind it, as in the table `holds`.
    let state: Int16
    /// Of a first decision: what it is for. Else by how much it changed.
    let units: Int
    /// Of its record, in microseconds.
    let at: Int64
  }

  private struct Order {
    var state: Int16
    var units: Int
    var due: Int64

    var held: Int { (2...5).contains(state) ? units : 0 }
  }

  private let holdMicroseconds: Int64
  private let offerMicroseconds: Int64
  private var left: Int
  private var orders: [String: Order] = [:]
  private var waiting: Set<String> = []
  private var offset: Int64 = -1
  /// When the first unit that the current record has freed was free, and since when one is left while somebody waits.
  private var freed: Int64?
  private var since: Int64?
  private var last: Int64 = 0
  private(set) var longest: Int64 = 0
  private(set) var offers = 0

  init(units: Int, holdSeconds: Int64, offerSeconds: Int64) {
    left = units
    (holdMicroseconds, offerMicroseconds) = (holdSeconds * 1_000_000, offerSeconds * 1_000_000)
  }

  mutating func take(_ step: Step) {
    if step.offset != offset { settle() }
    offset = step.offset
    last = step.at
    guard let id = step.order else {
      left += step.units
      freed = step.at
      return
    }
    if step.isDecision {
      let isWaiting = step.action == 100
      orders[id] = Order(state: isWaiting ? 1 : 2, units: step.units, due: step.at + holdMicroseconds)
      if isWaiting { waiting.insert(id) } else { left -= step.units }
      return
    }
    guard var order = orders[id] else { return }
    let held = order.held
    // An end that is no command's was due before its record.
    let free = step.action == 6 ? min(order.due, step.at) : step.at
    order.units += step.units
    // What has ended has no live units; what it was for is not needed any more.
    order.state = step.state
    if step.action == 8 {
      offers += 1
      order.due = step.at + offerMicroseconds
      longest = max(longest, step.at - (freed ?? since ?? step.at))
    }
    left += held - order.held
    if order.held < held { freed = min(freed ?? free, free) }
    if order.state != 1 { waiting.remove(id) }
    orders[id] = order
  }

  /// There are no more.
  mutating func finish() { settle() }

  /// The record is over: units that it left free lie there from now on, or lie there no longer.
  private mutating func settle() {
    if left > 0, !waiting.isEmpty {
      since = since ?? freed ?? last
      longest = max(longest, last - (since ?? last))
    } else {
      if let begin = since { longest = max(longest, last - begin) }
      since = nil
    }
    freed = nil
  }
}
