internal import Synchronization

/// What a part of this process waits for outside of it, since when, and on whose behalf (I14).
///
/// The libraries' own timeouts do not end every wait: `statement_timeout` does not count while a COMMIT waits for a
/// standby, and librdkafka's queries outlast the time that they are given. So each wait for PostgreSQL or the log is
/// noted here, and `WaitWatch`, readiness and metrics tell when one is too long. Nothing here ends a wait.
///
/// A begin and an end take a lock for an instant each: for statements and batches, not for single requests.
public final class Waits: Sendable {
  /// What is waited for.
  public enum Kind: String, Sendable, CaseIterable {
    /// A connection to PostgreSQL.
    case connect
    /// A connection of the pool, behind others.
    case pooledConnection = "pooled_connection"
    /// PostgreSQL's answer to a statement, or a pipeline of them. A statement outside of a transaction commits too.
    case statement
    /// The same, with a COMMIT behind it.
    case commit
    /// The log's acknowledgement of a record.
    case delivery
    /// The log's answer to a question: a partition's ends, its leader.
    case logQuery = "log_query"
    /// The next decision, while records wait for it.
    case decision
    /// That buyers are let in from a waiting room, besides their turn: somebody to look after it, or its beacon.
    case admission
    /// The end of an order whose time is over: of its hold, or of the sale that it waits in.
    case expiry
  }

  /// A wait that goes on.
  public struct Wait: Sendable, Hashable {
    public let kind: Kind
    /// Who waits, for people: `lane 3`.
    public let who: String
    public let since: ContinuousClock.Instant

    /// Creates a wait.
    public init(_ kind: Kind, who: String, since: ContinuousClock.Instant) {
      self.kind = kind
      self.who = who
      self.since = since
    }
  }

  /// A wait that was begun and has to be ended.
  public struct Token: Sendable {
    fileprivate let id: UInt64
  }

  private struct State {
    var waits: [UInt64: Wait] = [:]
    var probes: [@Sendable () -> [Wait]] = []
    var lastID: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Nothing is waited for yet.
  public init() {}

  /// Begins a wait.
  public func begin(_ kind: Kind, who: String) -> Token {
    let wait = Wait(kind, who: who, since: .now)
    return state.withLock { state in
      state.lastID += 1
      state.waits[state.lastID] = wait
      return Token(id: state.lastID)
    }
  }

  /// Ends it, whatever came of it.
  public func end(_ token: Token) { state.withLock { $0.waits[token.id] = nil } }

  /// Does something that blocks.
  public func during<Answer, Failure>(
    _ kind: Kind, who: String, _ body: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    let token = begin(kind, who: who)
    defer { end(token) }
    return try body()
  }

  /// Does something that suspends.
  public nonisolated(nonsending) func during<Answer, Failure>(
    _ kind: Kind, who: String, _ body: () async throws(Failure) -> Answer
  ) async throws(Failure) -> Answer {
    let token = begin(kind, who: who)
    defer { end(token) }
    return try await body()
  }

  /// Adds waits that are known otherwise: `probe` tells those that go on. For what nobody begins and ends by a call, or
  /// too often to note it here.
  public func add(_ probe: @escaping @Sendable () -> [Wait]) { state.withLock { $0.probes.append(probe) } }

  /// All that go on, the longest first.
  public var current: [Wait] {
    let (waits, probes) = state.withLock { ($0.waits.values, $0.probes) }
    return (waits + probes.flatMap { $0() }).sorted { $0.since < $1.since }
  }

  /// Those that last too long, a clause for each kind; empty when all is well.
  public func complaints(at now: ContinuousClock.Instant = .now) -> [String] { Overdue(current, at: now).clauses }

  /// Whether one of a kind lasts too long.
  public func isOverdue(_ kind: Kind) -> Bool { Overdue(current, at: .now).waits[kind] != nil }
}
