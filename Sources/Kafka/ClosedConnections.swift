internal import CRdkafka
internal import Glibc
internal import Synchronization

/// Counts the connections to brokers that have ended, for as long as a client lives.
///
/// librdkafka closes a socket before it opens the next one, and its callback says so at once. The error event is too
/// late: it can be read after records of the next connection. librdkafka also withholds a like event for 30 s
/// (rdkafka_broker.c, `rd_kafka_broker_set_error`).
final class ClosedConnections: Sendable {
  private let ended = Atomic(0)

  var count: Int { ended.load(ordering: .acquiring) }

  /// On one of librdkafka's threads. Attempts that no broker has answered do not count: no record came by them.
  fileprivate func close(_ socket: Int32) -> Int32 {
    if Self.hasReceived(socket) { ended.add(1, ordering: .releasing) }
    return Glibc.close(socket)
  }

  /// Whether anything was ever received; `true` if that is not known. Also after a reset.
  private static func hasReceived(_ socket: Int32) -> Bool {
    // `tcpi_bytes_received` of Linux's struct tcp_info, which is longer than glibc's.
    let place = 128
    return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { info in
      var size = socklen_t(info.count)
      guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, info.baseAddress, &size) == 0 else { return true }
      guard Int(size) >= place + MemoryLayout<UInt64>.size else { return true }
      return info.load(fromByteOffset: place, as: UInt64.self) > 0
    }
  }
}

/// librdkafka's `closesocket_cb`, called "from an internal librdkafka thread" (rdkafka.h).
///
/// - Returns: as close(2).
func closeConnection(socket: Int32, opaque: UnsafeMutableRawPointer?) -> Int32 {
  guard let opaque else { return close(socket) }
  return Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().connections.close(socket)
}
