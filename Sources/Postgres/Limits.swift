/// Every bound of this module, each named once.
public enum Limits {
  /// The oldest server accepted, as `PQserverVersion` reports it. An older one is refused at connect, because the
  /// store's statements are only tested from 15 on.
  public static let oldestServerVersion: Int32 = 150_000

  /// Parameters of one statement. More is refused before anything is sent: the protocol counts them in 16 bits.
  public static let parameters = 65_535

  /// Bytes of one encoded value. A longer one is refused: PostgreSQL itself stops at 1 GiB, and no field of a sale
  /// comes near this; the room is for arrays of 5,000 elements.
  public static let valueBytes = 64 << 20

  /// Statements of one pipeline. More is refused: libpq and we keep all their answers in memory until the last came.
  public static let pipelineStatements = 100_000

  /// Unsent bytes after which a pipeline stops to send and to take in answers. libpq starts to send by itself at 8 KiB;
  /// without reading in between, server and client can each wait for the other to read.
  public static let pipelineFlushBytes = 64 << 10

  /// Bytes of COPY data that go out as one message. Larger was not faster when measured; smaller costs system calls.
  public static let copyChunkBytes = 128 << 10

  /// Rows of one batch of a streamed result when the caller names no other number: large enough to make the hop to the
  /// caller cheap, small enough to hold no memory worth counting. libpq spends about 3 KiB on each row of a stream.
  public static let streamBatchRows = 200

  /// Largest batch of a streamed result. A larger request is cut to this.
  public static let largestStreamBatchRows = 10_000

  /// Time to wait for a connection to be made before the attempt counts as failed.
  public static let connectTimeout: Duration = .seconds(5)

  /// A connection that fails sooner than this was refused, and is tried once more to learn the refusal's SQLSTATE.
  static let quickRefusal: Duration = .seconds(1)

  /// Idle time after which the kernel asks the peer whether it is still there; then every `keepaliveInterval`,
  /// `keepaliveCount` times. Together 25 s until a silent peer is given up.
  public static let keepaliveIdle: Duration = .seconds(10)
  /// See `keepaliveIdle`.
  public static let keepaliveInterval: Duration = .seconds(5)
  /// See `keepaliveIdle`.
  public static let keepaliveCount = 3

  /// Time that sent bytes may stay unacknowledged before the kernel gives the connection up.
  public static let tcpUserTimeout: Duration = .seconds(15)

  /// First and longest pause between attempts to connect again. Doubled after each failure, and spread by half, so
  /// that many processes do not come back as one.
  public static let reconnectPause: ClosedRange<Duration> = .milliseconds(50)...(.seconds(5))

  /// Events of a listener that wait for its reader. Past it, notifications are dropped and one `.overflowed` is told.
  public static let listenerEvents = 1_024

  /// Time between two tries to tell a slow reader that it overflowed.
  public static let listenerOverflowRetry: Duration = .milliseconds(100)

  /// Bytes of one migration file. A larger one is refused: migrations are read and sent whole.
  public static let migrationBytes = 4 << 20
}
