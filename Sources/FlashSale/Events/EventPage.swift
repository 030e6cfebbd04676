public import LogPositions

/// The events of a stretch of one partition, in order.
public struct EventPage: Sendable {
  /// What the store has of an event: the record that caused it, and its place among that record's entries.
  public struct Row: Sendable {
    public let offset: Offset
    public let place: Int16

    /// `nil`: it tells others nothing.
    public let event: OrderEvent?

    /// Creates one.
    public init(offset: Offset, place: Int16, event: OrderEvent?) {
      (self.offset, self.place, self.event) = (offset, place, event)
    }
  }

  public let events: [OrderEvent]

  /// The first offset behind the stretch: every event below it is in this page or in one before it.
  public let next: Offset

  /// Cuts a page from what was read of two tables.
  ///
  /// - Parameters:
  ///   - tables: the first rows of each, in the order of offsets and places.
  ///   - limit: how many were read of each at most; `nil`: all. Where a table has as many, its last record may have
  ///     more behind it, so that the page ends before that record. It is empty where one record alone has so many.
  ///   - end: the first offset behind what was to be read.
  public init(_ tables: [[Row]], limit: Int?, upTo end: Offset) {
    let cuts = tables.compactMap { rows in rows.count >= limit ?? .max ? rows.last?.offset : nil }
    let next = cuts.min() ?? end
    let rows = tables.joined().filter { $0.offset < next }.sorted { ($0.offset, $0.place) < ($1.offset, $1.place) }
    (self.next, events) = (next, rows.compactMap(\.event))
  }
}
