internal import Foundation
internal import Glibc
internal import Synchronization

/// Finds the addresses of names, and keeps nobody who asks for one name because of another.
///
/// (1) `getaddrinfo` blocks until the resolver gives up, which can take longer than an attempt, and nothing ends it
///     sooner. So each look-up has a thread of its own, and who waits for it may stop waiting at any time.
/// (2) Of one name there is one look-up at a time. So a name server that hangs holds a thread for each of its names,
///     and not for each attempt.
final class NameLookups: Sendable {
  private typealias Waiter = AsyncThrowingStream<[String], any Error>.Continuation

  private let resolve: @Sendable (String) throws -> [String]

  /// Who waits for each look-up that is under way, given up or not.
  private let waiters = Mutex<[String: [Waiter]]>([:])

  /// - Parameter resolve: finds all addresses of a name, as text; it may block.
  init(_ resolve: @escaping @Sendable (String) throws -> [String]) { self.resolve = resolve }

  /// All addresses of a name, as text. A cancellation ends the wait at once. Throws at `Limits.lookups`, and what the
  /// look-up throws.
  func addresses(of host: String) async throws -> [String] {
    let (answer, waiter) = AsyncThrowingStream<[String], any Error>.makeStream()
    let isFirst = try waiters.withLock { waiters in
      let isFirst = waiters[host] == nil
      guard !isFirst || waiters.count < Limits.lookups else {
        throw HostLookup.Refusal(description: "\(host) is not looked up: too many names are, which nobody answers")
      }
      waiters[host, default: []].append(waiter)
      return isFirst
    }
    if isFirst { Thread.detachNewThread { self.lookUp(host) } }
    for try await addresses in answer { return addresses }
    throw CancellationError()
  }

  private func lookUp(_ host: String) {
    let result = Result { try resolve(host) }
    for waiter in waiters.withLock({ $0.removeValue(forKey: host) ?? [] }) {
      waiter.yield(with: result)
      waiter.finish()
    }
  }

  /// All addresses by the machine's own resolver. Blocks.
  static func resolve(_ host: String) throws -> [String] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, nil, &hints, &list)
    guard failure == 0 else {
      throw HostLookup.Refusal(description: "\(host) cannot be found: \(String(cString: gai_strerror(failure)))")
    }
    defer { freeaddrinfo(list) }
    var found: [String] = []
    var next = list
    while let entry = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let status = getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if status == 0, !found.contains(address) { found.append(address) }
      next = entry.pointee.ai_next
    }
    return found
  }
}
