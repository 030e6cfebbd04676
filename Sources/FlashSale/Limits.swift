/// The bounds of the domain (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// Bytes of a sale id, SKU, or buyer id. A longer one is refused with `ValidationError`. Enough for a UUID or
  /// an e-mail-like id, and small enough that a record's size has a bound (`recordBytes`).
  public static let identifierBytes = 64

  /// Bytes of an idempotency key. A longer one is refused. Keys are hashed, never stored.
  public static let idempotencyKeyBytes = 128

  /// Bytes (UTF-8) of a sale's name. A longer one is refused.
  public static let saleNameBytes = 200

  /// Open brackets of a JSON document. One more is refused as malformed. What is read here needs three; the rest is for
  /// values that are passed over to be told what is wrong with them. At most 64, as each is a bit of an integer.
  static let jsonDepth = 32

  /// Items of one sale. One more is refused: a sale is loaded whole into intake's memory.
  public static let saleItems = 1_000

  /// Units of one order. More is refused: a flash sale sells single units; this only bounds arithmetic.
  public static let orderUnits: Int32 = 10_000

  /// Units put on sale of one SKU. More is refused, so that no sum of units can overflow 32 bits.
  public static let stockUnits: Int32 = 1_000_000_000

  /// Units in line for each unit left, at most, where a sale caps its line.
  public static let queueCap: Int32 = 1_000

  /// Price of one unit in minor units. More is refused, so that `orderUnits × priceMinor` fits 64 bits.
  public static let priceMinor: Int64 = 100_000_000_000

  /// Bytes of an encoded record (key excluded), at the limit of every field: three identifiers would be more than
  /// any record has, and the fixed fields take less than 64 bytes. The backlog limit of a broker with little
  /// memory is derived from it.
  public static let recordBytes = 2 * (identifierBytes + 2) + 64

  /// Bytes of a record's key: `sale/sku#0` at its longest.
  public static let recordKeyBytes = 2 * identifierBytes + 3

  /// Ticket keys that are accepted side by side, so that a key can be rotated without refusing a ticket.
  public static let ticketKeys = 4

  /// Bytes of a buyer's token. A longer one is refused before anything of it is read: what identity providers issue has
  /// 500 to 2,000, and each is kept in a cache.
  public static let tokenBytes = 4_096

  /// Keys of tokens that are accepted side by side. More are refused where they are read: providers publish two to
  /// four.
  public static let tokenKeys = 16

  /// Bytes of a key's or a claim's name and of a claim's value in a sale's rule. A longer one is refused.
  public static let claimBytes = 256

  /// Zero bits that a proof of work may ask for. More is refused: 28 take a phone minutes.
  public static let proofBits = 28

  /// Bits by which the work may rise with the line where a sale does not say how far.
  static let proofRise = 4

  /// From when a challenge is given until it is too old. Long enough to solve it and to retry an order, short enough
  /// that nobody stores solutions from before the doors open.
  public static let proofLife = Duration.seconds(120)

  /// The longest that a verdict of the bot service may be valid. A longer one is refused: it is worth as much to
  /// whoever gets hold of it.
  static let verdictLife = Duration.seconds(3_600)

  /// By how much clocks may differ that sign and check challenges and verdicts.
  static let clockSkew = Duration.seconds(30)

  /// UTF-8 bytes of a person's reason for what she does to a partition. Past it, it is refused.
  public static let reasonBytes = 500

  // MARK: Watching an order

  /// Between two places that one watcher is told. Ten thousand of them then cost 5,000 small writes a second, and a
  /// person reads no faster.
  static let placeInterval = Duration.seconds(2)

  /// Silence on a stream. Well below the 60 s after which usual gateways give an upstream up (nginx, AWS's load
  /// balancer), and what the HTML standard advises against those that are impatient.
  static let watchHeartbeat = Duration.seconds(15)

  /// From an outcome that the store could not tell to the next attempt: one statement for a thousand watchers.
  static let watchAskAgain = Duration.milliseconds(500)

  /// Watchers looked at in one tick; the rest has its turn in the next. Bounds how long an event loop does nothing
  /// else: with 50 ms ticks, a loop still looks at 10,000 a second.
  static let watchLooks = 512
}
