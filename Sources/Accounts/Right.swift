/// Something that a person or a program may do in the admin console and its API. Each is a right of its own. The raw
/// values are the API's.
public enum Right: String, CaseIterable, Sendable, Codable, Hashable {
  /// See sales, reports, orders and partitions, with masked buyers.
  case view

  /// Create, change, restock and close sales; extend and release orders; let halted partitions go on; webhooks, waiting
  /// rooms.
  case operate

  /// Pay money back, and cancel what was paid.
  case refund

  /// Take all orders of a sale out as a file.
  case export

  /// See buyers' ids as they are.
  case unmask

  /// Read the admin log, and take it out as a file.
  case readLog = "read_log"

  /// Add, change and disable users and API tokens.
  case manageUsers = "manage_users"
}

/// A bundle of rights with a name. The raw values are the API's and the store's.
public enum Role: String, CaseIterable, Sendable, Codable, Hashable {
  case viewer, `operator`, finance, owner

  /// What it may do.
  public var rights: Set<Right> {
    switch self {
    case .viewer: [.view]
    case .operator: [.view, .operate, .readLog]
    case .finance: [.view, .refund, .export, .unmask, .readLog]
    case .owner: Set(Right.allCases)
    }
  }
}
