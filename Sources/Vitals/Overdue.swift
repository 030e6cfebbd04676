/// The waits of one moment that last longer than their kind may.
public struct Overdue {
  /// By kind, the longest first.
  public let waits: [Waits.Kind: [Waits.Wait]]
  private let now: ContinuousClock.Instant

  /// Of all waits of a moment, those that are overdue at it.
  public init(_ current: [Waits.Wait], at now: ContinuousClock.Instant) {
    self.now = now
    waits = Dictionary(grouping: current.filter { now - $0.since > $0.kind.longest }, by: \.kind)
  }

  /// A clause for each kind, as *PostgreSQL has not answered a COMMIT for 7 s (lane 3, lane 4)*.
  public var clauses: [String] { Waits.Kind.allCases.compactMap(clause(on:)) }

  /// The clause for one kind; `nil` if none of it is overdue.
  public func clause(on kind: Waits.Kind) -> String? {
    guard let waits = waits[kind], let longest = waits.first else { return nil }
    var names: [String] = []
    for wait in waits where !names.contains(wait.who) { names.append(wait.who) }
    let shown = names.prefix(Self.namesShown).joined(separator: ", ")
    let more = names.count > Self.namesShown ? " and \(names.count - Self.namesShown) more" : ""
    return "\(kind.complaint) for \((now - longest.since).components.seconds) s (\(shown)\(more))"
  }

  /// Those who wait that a clause names; it has to stay a line.
  private static let namesShown = 4
}

extension Waits.Kind {
  fileprivate var complaint: String {
    switch self {
    case .connect: "PostgreSQL has not taken a connection"
    case .pooledConnection: "no connection to PostgreSQL came free"
    case .statement: "PostgreSQL has not answered a statement"
    case .commit: "PostgreSQL has not confirmed a COMMIT"
    case .delivery: "the log has not acknowledged a record"
    case .logQuery: "the log has not answered a query"
    case .decision: "records wait and none was decided"
    case .admission: "nobody can be let in from a waiting room"
    case .expiry: "orders whose time is over have not ended"
    }
  }

  /// What is over when none of the kind is overdue any more.
  public var relief: String {
    switch self {
    case .connect: "PostgreSQL takes connections again"
    case .pooledConnection: "connections to PostgreSQL come free again"
    case .statement: "PostgreSQL answers statements again"
    case .commit: "PostgreSQL confirms COMMITs again"
    case .delivery: "the log acknowledges records again"
    case .logQuery: "the log answers queries again"
    case .decision: "records are decided again"
    case .admission: "buyers can be let in from waiting rooms again"
    case .expiry: "orders end again when their time is over"
    }
  }
}
