internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The run's ledger: tab-separated lines under a header, one for each 202, for each request whose outcome is unknown,
/// and for each payment and cancellation that was answered with what it did, so that an audit can follow every promise
/// without the load test.
///
/// Event loops hand over chunks of whole lines; one queue writes them. When the disk is slower than the crowd, at
/// `Limits.ledgerChunks` the event loops wait for it, which shows as late sends.
final class Ledger: Sendable {
  static let header = "order_id\tticket\tbuyer\tkey\tsku\tquantity\tscheduled_us\tsent_us\tanswered_us\tstatus\n"

  private let file: Int32
  private let queue = DispatchQueue(label: "spike.ledger")
  private let room = DispatchSemaphore(value: Limits.ledgerChunks)
  /// The first error number, 0 while all went well.
  private let failure = Mutex<Int32>(0)

  /// Makes the file, or empties it.
  init(path: String) throws(Unusable) {
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw Unusable("cannot write the ledger \(path): \(Self.text(errno))") }
    write(Array(Self.header.utf8))
  }

  /// Hands over whole lines. Waits while too many chunks are before it; so never call it from Swift's own thread pool.
  func write(_ chunk: [UInt8]) {
    room.wait()
    queue.async {
      self.writeNow(chunk)
      self.room.signal()
    }
  }

  /// Waits until all is written, and closes the file.
  ///
  /// - Throws: ``Unusable`` if any of it could not be written.
  func close() throws(Unusable) {
    queue.sync { _ = Self.closeFile(file) }
    let failed = failure.withLock { $0 }
    if failed != 0 { throw Unusable("the ledger is incomplete: \(Self.text(failed))") }
  }

  private func writeNow(_ chunk: [UInt8]) {
    var rest = chunk[...]
    while !rest.isEmpty {
      // write(2) may take a part only, and may be interrupted before it took any.
      let written = rest.withUnsafeBytes { Self.writeFile(file, $0) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        failure.withLock { if $0 == 0 { $0 = errno } }
        return
      }
      rest = rest.dropFirst(written)
    }
  }

  private static func writeFile(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(file, bytes.baseAddress, bytes.count)
    #else
      Darwin.write(file, bytes.baseAddress, bytes.count)
    #endif
  }

  private static func closeFile(_ file: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.close(file)
    #else
      Darwin.close(file)
    #endif
  }

  private static func text(_ error: Int32) -> String { String(cString: strerror(error)) }
}
