/// The one error of this module.
///
/// `description` is safe to show a stranger. `debugDescription` has librdkafka's name and text, which can contain
/// addresses and settings.
public struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
  /// What went wrong, stable across versions of librdkafka and of this module.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A setting is unknown, out of its range, or reserved for Penstock.
    case configuration
    /// The producer's queue is full. Nothing was queued.
    case queueFull
    /// No broker can be reached.
    case brokersUnavailable
    /// The connection to one broker broke, or could not be made. There may be others.
    case connectionLost
    /// A broker does not lead what it was asked about, or no broker does at the moment. That passes with an election.
    case leaderMoved
    /// No answer within the time that was set for it.
    case timedOut
    /// Fewer replicas in sync than the topic asks for.
    case notEnoughReplicas
    /// The topic or the partition does not exist (any longer).
    case unknownTopic
    /// The topic exists, but does not have the required form.
    case topicMismatch
    /// The log does not have this offset: it was dropped, or was never written.
    case offsetOutOfRange
    /// The record is larger than the broker or the client takes.
    case messageTooLarge
    /// The cluster refused our identity or our rights.
    case authentication
    /// The broker or the library cannot do this.
    case unsupported
    /// The client ended itself. A producer makes a new one by itself.
    case fatal
    /// The client was shut down.
    case closed
    /// Anything else; `debugDescription` says what.
    case other
  }

  /// What went wrong.
  public let code: Code
  /// What it is about (a setting's name, a topic with its counts): safe to show.
  let subject: String?
  /// librdkafka's name and text.
  let detail: String

  package init(_ code: Code, subject: String? = nil, detail: String = "") {
    self.code = code
    self.subject = subject
    self.detail = detail
  }

  /// Whether the same call can succeed later without a change by a person.
  public var isRetriable: Bool {
    switch code {
    case .queueFull, .brokersUnavailable, .connectionLost, .leaderMoved, .timedOut, .notEnoughReplicas: true
    default: false
    }
  }

  /// Whether the client that reported this cannot go on.
  public var isFatal: Bool { code == .fatal }

  /// One sentence, safe to show a stranger.
  public var description: String {
    subject.map { "\(sentence): \($0)" } ?? sentence
  }

  /// The sentence with librdkafka's name and text. For logs, not for strangers.
  public var debugDescription: String {
    detail.isEmpty ? "\(code.rawValue): \(description)" : "\(code.rawValue): \(description) [\(detail)]"
  }

  /// One line for the operator of this process: the sentence and librdkafka's own words. It has no password; it can
  /// have addresses.
  public var reason: String {
    // A code's name in front ("_SSL: …") is for programs.
    let words = detail.trimmingPrefix(#/_?[A-Z][A-Z_]*: /#)
    let line = words.split(whereSeparator: \.isNewline).joined(separator: "; ")
    return line.isEmpty ? description : "\(description): \(line)"
  }

  private var sentence: String {
    switch code {
    case .configuration: "a Kafka setting is not valid"
    case .queueFull: "the queue to the log is full"
    case .brokersUnavailable: "no broker of the log can be reached"
    case .connectionLost: "the connection to a broker of the log was lost"
    case .leaderMoved: "the log is electing a leader"
    case .timedOut: "the log did not answer in time"
    case .notEnoughReplicas: "the log has too few replicas in sync"
    case .unknownTopic: "the topic or partition does not exist"
    case .topicMismatch: "the topic is not what it has to be"
    case .offsetOutOfRange: "the log does not have this offset"
    case .messageTooLarge: "the record is too large"
    case .authentication: "the log refuses us"
    case .unsupported: "the broker or library does not support this"
    case .fatal: "the Kafka client failed and is being replaced"
    case .closed: "the Kafka client is closed"
    case .other: "the log reported an error"
    }
  }
}
