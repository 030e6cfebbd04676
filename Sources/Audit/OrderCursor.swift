internal import FlashSale
internal import SaleStore

/// Hands out the snapshot's orders in the order of the log, up to the position asked for.
struct OrderCursor {
  private let store: AuditStore
  private var page: ArraySlice<AuditedOrder> = []
  private var isAtEnd = false

  init(_ store: AuditStore) { self.store = store }

  /// Some of the orders before `position` (`nil`: of all) that were not handed out yet, at most a page of them; empty
  /// when there are no more.
  mutating func next(before position: LogPosition?) async throws -> ArraySlice<AuditedOrder> {
    if page.isEmpty, !isAtEnd {
      page = try await store.nextOrders()[...]
      isAtEnd = page.isEmpty
    }
    guard let position else {
      defer { page = [] }
      return page
    }
    let end = page.firstIndex { $0.position >= position } ?? page.endIndex
    defer { page = page[end...] }
    return page[..<end]
  }
}

/// Hands out the snapshot's history in the order of the log, up to the position asked for.
struct HistoryCursor {
  private let store: AuditStore
  private var page: ArraySlice<AuditedEntry> = []
  private var isAtEnd: Bool

  /// - Parameter isEmpty: the snapshot has no lives.
  init(_ store: AuditStore, isEmpty: Bool) {
    self.store = store
    isAtEnd = isEmpty
  }

  /// All rows before `position` (`nil`: all) that were not handed out yet.
  mutating func rows(before position: LogPosition?) async throws -> [AuditedEntry] {
    var rows: [AuditedEntry] = []
    while true {
      if page.isEmpty, !isAtEnd {
        page = try await store.nextHistory()[...]
        isAtEnd = page.isEmpty
      }
      guard !page.isEmpty else { return rows }
      let end = position.flatMap { position in page.firstIndex { $0.position >= position } } ?? page.endIndex
      rows += page[..<end]
      page = page[end...]
      if !page.isEmpty { return rows }
    }
  }
}
