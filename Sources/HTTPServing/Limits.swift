internal import NIOCore

/// Every bound of this module (I11): its value, its unit, what happens there, and why that much.
public enum Limits {
  // MARK: Requests

  /// Bytes of one header field's name, of its value, or of the request target. More: `431`, and the connection is
  /// closed.
  public static let headerFieldBytes = 8 * 1_024

  /// Bytes of the request target and of all names and values together. More: `431`, and the connection is closed.
  public static let headerListBytes = 16 * 1_024

  /// Bytes of a head as it comes, with what stands between names and values. More: `431`, and the connection is closed.
  static let headBytes = headerListBytes + 2_048

  /// Header fields of one request. More: `431`, and the connection is closed.
  public static let headerFields = 64

  /// Bytes of the line before a chunk: its size and extensions. More: `400`, and the connection is closed.
  static let chunkLineBytes = 256

  /// Pieces in which a request may come and still be read directly: each time from the request's start.
  static let directPieces = 4

  /// How long a route has to refuse a request by its head, before its client is told to send the body that it holds
  /// back. A client that hears nothing sends it after a second or so (RFC 9110 §10.1.1).
  static let continueWait = TimeAmount.milliseconds(50)

  /// Bytes of a body that are collected before the request is handed on whole. A longer body is handed on as it comes.
  /// An order's is always shorter.
  static let collectedBytes = 16 * 1_024

  // MARK: Connections

  /// Bytes that one read takes from a connection: at first, and at most, when a client sends much ahead. What a
  /// connection holds of requests that are not served yet is about as much, as nothing is read meanwhile.
  static let readBytes = 1_024...16_384

  /// Bytes of answers that wait for one client to take them. At the limit no further request of the connection is
  /// served or read, also of those whose bytes are here. One answer can exceed it: what it is then is that answer's
  /// size.
  public static let untakenBytes = 64 * 1_024

  /// Bytes of a part of a long answer. The next part is sent when the client has taken most of those before.
  static let partBytes = 64 * 1_024

  /// The same for all clients of a listener together. At the limit a connection whose client does not take its answer
  /// at once is closed, and counted in `penstock_http_slow_clients_closed_total`; clients that read are served as ever.
  public static let untakenBytesInAll = 256 << 20

  /// Bytes that the kernel keeps for the client of a stream; it doubles them for its own needs (socket(7)). Some
  /// hundred events: a client that has not read those is not reading, and the deadline of an answer runs.
  static let streamKernelBytes = 16 * 1_024

  /// How long the kernel tries to reach the client of a stream that takes no bytes: twice a heartbeat.
  static let streamSilence = Duration.seconds(30)

  /// From a request's first byte to its last, and from a new connection to its first head. Past it: `408` (or nothing,
  /// where no byte came), and the connection is closed, however steadily the bytes drip in.
  public static let requestDeadline = Duration.seconds(10)

  /// From an answer to the next request. Past it the connection is closed. Longer than usual gateways keep a connection
  /// that they do not use (nginx and AWS's load balancer 60 s, HAProxy less), so that they close it and not we, just
  /// when they send a request.
  public static let idleDeadline = Duration.seconds(95)

  /// From a complete request to the end of its answer, and between two moments at which its client takes a part of a
  /// long one. Past it the connection is closed. Longer than a look-up takes to fail, so it only meets clients that do
  /// not read.
  public static let answerDeadline = Duration.seconds(30)

  /// After an answer that ends the connection: how long the client's bytes are still taken (and dropped), so that they
  /// do not make the kernel throw the answer away with a reset.
  public static let lingerDeadline = Duration.seconds(1)

  /// While draining: how long a connection without a request stays open for one that is on its way, which is answered
  /// and told `Connection: close`. Longer than a round trip to a gateway far away.
  public static let farewell = Duration.seconds(1)

  /// At the drain's deadline: time that the last answers have to leave before the connections are closed.
  static let lastAnswers = Duration.milliseconds(500)

  /// How often an event loop renews the date that it writes into answers.
  static let tick = Duration.milliseconds(50)

  /// File descriptors that a crowd's connections leave for everything else: the operator's listener (64 of its
  /// connections at least), PostgreSQL, brokers, files.
  static let reservedFiles = 200

  /// From the end of the framework's server to the end of its event loops.
  static let frameworkEnd = Duration.milliseconds(50)
}
