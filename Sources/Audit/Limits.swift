/// The bounds of this module (I11). Together they keep an audit's memory flat: it grows with the number of SKUs, and
/// with the lives of orders in sales with holds. These take, by the sizes of their values, 0.4 to 0.9 kB for each order
/// that won or waits, its payment included, and 50 bytes for each command with an id; they are bounded by the stock,
/// not by the crowd. Only a look at fairness holds something for each request of its sale.
public enum Limits {
  /// Records of one partition that are read, and held with their rows, at a time: some tens of megabytes. Each stretch
  /// has a client of its own (`OrderReader.read`), so with smaller stretches the clients would cost more than the
  /// reading.
  static let stretchRecords: Int64 = 50_000

  /// Violations of one kind that are described. All are counted; the later ones mostly follow from the first.
  static let describedPerKind = 20

  /// Orders without an outcome that are remembered by id, 16 bytes each, so that the ledger does not count them again.
  /// Past it, one that both the log and the ledger miss counts twice: the verdict stands by then.
  static let rememberedLosses = 100_000

  /// Requests of one sale that a look at its fairness holds, in some 32 bytes each, and as much for each buyer. Past
  /// it, the look ends with an error. Twenty times a large sale's. Each who waits, and each basket that won, takes some
  /// 100 bytes more.
  public static let fairnessRecords: Int64 = 20_000_000

  /// Lines of a ledger that are looked up in one statement.
  static let ledgerLines = 10_000

  /// Bytes of a ledger that are read at a time.
  static let ledgerChunkBytes = 1 << 20

  /// Bytes of one line of a ledger. A longer one is nothing that the load test wrote, and the reading ends with an
  /// error.
  static let ledgerLineBytes = 4_096

  /// Heaps of glibc's allocator that the threads of an audit share; while more of them allocate at once, one waits.
  /// Two, because that many cores are enough for an audit, and each heap keeps some of what was freed in it.
  static let heaps: Int32 = 2
}
