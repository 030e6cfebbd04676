/// The bounds of the domain (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// Bytes of a sale id, SKU, or buyer id. A longer one is refused with `ValidationError`. Enough for a UUID or
  /// an e-mail-like id, and small enough that a record's size has a bound (`recordBytes`).
  public static let identifierBytes = 64

  /// Bytes of the name of who gives a command: a user's, or `@` and that of an API token. A longer one is refused.
  public static let actorBytes = identifierBytes + 1

  /// Bytes of an idempotency key. A longer one is refused. Keys are hashed, never stored.
  public static let idempotencyKeyBytes = 128

  /// Bytes (UTF-8) of a sale's name. A longer one is refused.
  public static let saleNameBytes = 200

  /// Open brackets of a JSON document. One more is refused as malformed. What is read here needs three; the rest is for
  /// values that are passed over to be told what is wrong with them. At most 64, as each is a bit of an integer.
  static let jsonDepth = 32

  /// Items of one sale. One more is refused: a sale is loaded whole into intake's memory.
  public static let saleItems = 1_000

  /// Units of one order, over all of its lines. More is refused: a flash sale sells single units; this only bounds
  /// arithmetic.
  public static let orderUnits: Int32 = 10_000

  /// Lines of one order. One more is refused: each is a look at another stock for each decision.
  public static let basketLines = 10

  /// Units put on sale of one SKU. More is refused, so that no sum of units can overflow 32 bits.
  public static let stockUnits: Int32 = 1_000_000_000

  /// Units in line for each unit left, at most, where a sale caps its line.
  public static let queueCap: Int32 = 1_000

  /// Orders of one sale in line, where the sale limits them. More is refused: a partition's backlog takes no more.
  public static let saleBacklog: Int64 = 100_000_000

  /// Marks of one line that an intake keeps. Past it, one is dropped: that part of the line is then told as
  /// decided a little later, by some sixteenth of its length.
  static let lineMarks = 32

  /// Requests of one rate limit. More is refused: beyond it, a limit for one buyer or address limits nothing.
  public static let rateRequests: Int32 = 1_000_000

  /// Seconds over which a rate limit counts: an hour, as long as a flash sale. More is refused.
  public static let rateSeconds: Int32 = 3_600

  /// Price of one unit in minor units. More is refused, so that `orderUnits × priceMinor` fits 64 bits.
  public static let priceMinor: Int64 = 100_000_000_000

  /// Kinds of subjects that a sale limits. One more is refused: each is counted for each order.
  public static let subjectKinds = 3

  /// Subjects that one order counts for: one of each kind, and an access code.
  public static let subjectsPerOrder = subjectKinds + 1

  /// Bytes of a kind's name. A longer one is refused.
  public static let subjectKindBytes = 16

  /// Subjects that a gateway names of one order, also of kinds that the sale does not limit. One more is refused.
  static let subjectsNamed = 8

  /// Bytes of an encoded record (key excluded) without limit subjects, at the limit of every field: three identifiers
  /// would be more than any record has, and the fixed fields take less than 64 bytes. The backlog limit of the embedded
  /// broker is derived from it.
  public static let plainRecordBytes = 2 * (identifierBytes + 2) + 64

  /// Bytes of one limit subject in a record: the two names, the limit, and the lengths.
  static let subjectBytes = subjectKindBytes + 2 + identifierBytes + 2 + 6 + 2

  /// Bytes of one line of a basket in a record: the SKU, the quantity, and the lengths.
  static let lineBytes = identifierBytes + 2 + 3 + 2

  /// Bytes of an encoded request (key excluded) of one line with all its terms. Below 1,024, so that its room is on the
  /// stack.
  public static let oneLineRecordBytes = plainRecordBytes + subjectsPerOrder * subjectBytes + 6 + 2

  /// Bytes of any encoded record (key excluded): a request with all its lines and terms. Commands are shorter. A longer
  /// one was not written here. The backlog limit of a topic that is kept by its bytes is derived from it.
  public static let recordBytes = oneLineRecordBytes + (basketLines - 1) * lineBytes

  /// Bytes of a record's key: `sale/sku#0` at its longest.
  public static let recordKeyBytes = 2 * identifierBytes + 3

  /// Ticket keys that are accepted side by side, so that a key can be rotated without refusing a ticket.
  public static let ticketKeys = 4

  /// Keys of access codes that are accepted side by side.
  public static let codeKeys = 4
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

  /// The longest that a verdict of the bot service may be valid. A longer one is refused, because a thief can use a
  /// stolen verdict for as long as it is valid.
  static let verdictLife = Duration.seconds(3_600)

  /// By how much clocks may differ that sign and check challenges and verdicts.
  static let clockSkew = Duration.seconds(30)

  /// UTF-8 bytes of a person's reason for what she does to a partition. Past it, it is refused.
  public static let reasonBytes = 500

  // MARK: An order's life

  /// Seconds of a hold, an offer or an extension: a week. More is refused.
  public static let holdSeconds: Int32 = 604_800

  /// How often one hold may be extended, at most. The Web Content Accessibility Guidelines 2.2 (criterion 2.2.1) ask
  /// for ten times.
  public static let holdExtensions: Int32 = 20

  /// Lapsed holds from which on a sale may refuse a buyer, at most.
  public static let holdLapses: Int32 = 1_000

  /// Orders that wait for one stock. A further one is refused as if it did not want to wait. One record, such as a
  /// restock, can offer units to all of them: what it did is numbered in 16 bits, its rows are one transaction, and its
  /// events go to their topic together. A lane holds all of them, at about 300 bytes each.
  public static let waitlistPlaces = 30_000

  /// Bytes of a payment's id. A longer one is refused.
  public static let paymentIDBytes = 128

  /// Minor units of one capture. More is refused: it is the most that an order can cost.
  public static let captureMinor: Int64 = Int64(orderUnits) * priceMinor

  /// Minor units that an order's life counts as owed. A capture past it is to be paid back like any other, and only the
  /// capture itself says so: a sum without an end would overflow 64 bits.
  public static let owedMinor: Int64 = 1_000 * captureMinor

  /// Bytes of a command's reason. A longer one is refused.
  public static let commandReasonBytes = 200

  /// Secrets of the payment provider's notices that are accepted side by side, so that one can be rotated.
  public static let webhookKeys = 2

  /// How far a notice's time may be from now. A longer one would let a stolen notice be sent for longer.
  static let webhookTolerance = Duration.seconds(300)

  /// Signatures of one notice that are looked at. Further ones are passed over.
  static let webhookSignatures = 8

  // The waiting room.

  /// Buyers who wait in one waiting room, were passed over or are inside. A further one is refused.
  public static let roomPlaces = 1_000_000

  /// Places of one waiting room that are remembered, those that are over among them: one for each buyer, and one more
  /// for who joins a lottery again. A further one is refused: every intake holds all of them, at about 200 bytes each.
  static let roomRememberedPlaces = 2 * roomPlaces

  /// How long a buyer who was let in may order, at most: a day.
  public static let roomStay = Duration.seconds(86_400)

  /// Admissions per minute, at most: 100,000 in a second, more than a sale's orders are decided.
  public static let roomRate: Int32 = 6_000_000

  /// Orders that wait for their decision, at most, as a waiting room may follow them.
  public static let roomBacklog: Int64 = 100_000_000

  /// Places in one record of the waiting room. What is more goes into the next record.
  public static let roomPlacesPerRecord = 2_000

  /// Admissions that a room's owner decides at once. Further ones that are due come with the next decision. With twenty
  /// decisions a second, it is four times `roomRate`.
  static let roomPlacesPerDecision = 20_000

  /// Bytes of a waiting-room record. Longer ones are passed over. A place takes at most 10 bytes in it.
  public static let roomRecordBytes = 32 << 10

  /// How long after its sale's end a waiting room is forgotten, everywhere, with its published draw: two days. Nobody
  /// who was let in may stay that long, and there is time to check the draw. A topic that keeps records for less loses
  /// the room before.
  public static let roomKept = Duration.seconds(2 * 86_400)

  /// How much of the set rate a room makes up for after a standstill, such as its owner's death.
  static let roomCatchUp = Duration.seconds(5)

  /// From a lottery's closing to the first beacon round that may count: more than clocks differ, and than a beacon runs
  /// ahead of its time.
  public static let beaconMargin = Duration.seconds(30)

  /// Bytes of a beacon's name.
  public static let beaconNameBytes = 200

  /// Bytes of a beacon's URL.
  public static let beaconURLBytes = 500

  /// Bytes of what a beacon says.
  public static let beaconValueBytes = 1_024

  /// Values of a beacon that persons tell for one room. Further ones count for nothing: the first one stands.
  static let toldBeacons = 16

  /// How far the clocks of two processes may differ: a token counts for so long past its time.
  public static let tokenLeeway = Duration.seconds(30)

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

  // Webhooks.

  /// Bytes of an endpoint's URL.
  public static let webhookURLBytes = 500

  /// The most requests that may be on their way to one endpoint at once, and how many are if nobody says.
  public static let webhookConcurrency: Int32 = 64
  /// See `webhookConcurrency`.
  public static let webhookConcurrencyDefault: Int32 = 5

  /// First and longest pause before a webhook is tried again, doubled from one attempt to the next. A receiver that is
  /// back after a day hears of everything within the hour.
  static let webhookPause = Duration.seconds(5)...Duration.seconds(3_600)

  /// How long a delivery is tried, from its first failure, before it is a dead letter; and how long an endpoint may
  /// fail before it is switched off.
  static let webhookPatience = Duration.seconds(86_400)

  // Vectors and cursors.

  /// Partitions that a vector of offsets can name: more than a topic of orders ever has. A text with more is none.
  public static let vectorPartitions: Int32 = 10_000

  /// Characters of an opaque text, such as a cursor. A vector of 1,000 partitions takes some 10,000.
  public static let checkedTextBytes = 64 << 10

  /// Bytes of the search of a bulk job: a buyer, a SKU and times, encoded.
  public static let bulkSearchBytes = 1_000
}
