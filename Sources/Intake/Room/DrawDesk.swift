internal import FlashSale
internal import Foundation
internal import HTTPServing
internal import Logging
internal import NIOCore
internal import SaleStore
internal import Time

/// What is published of lotteries, made once for all who look: with many entries it takes a second.
actor DrawDesk {
  private let store: SaleStore
  private let logger: Logger
  private var commitments: [SaleNumber: [UInt8]] = [:]
  private var made: [SaleNumber: (isDrawn: Bool, bytes: ByteBuffer)] = [:]

  init(store: SaleStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// A lottery that still takes entries.
  private struct OpenDraw: Encodable {
    let sale: String
    let number: Int32
    let commitment: String
    let beacon: BeaconRule
    let fallback: DrawReport.Fallback?
    let entries: Int
  }

  /// Drops what was made of rooms that are forgotten.
  ///
  /// - Parameter rooms: that are there.
  func keep(_ rooms: Set<SaleNumber>) { made = made.filter { rooms.contains($0.key) } }

  /// The JSON of a sale's lottery.
  func bytes(_ sale: CatalogSale, _ room: @Sendable () -> Room?) async throws(Problem) -> ByteBuffer {
    guard let rule = sale.sale.shaping.room, rule.order == .lottery, let beacon = rule.beacon else {
      throw .drawNotFound
    }
    let commitment = try await commitment(of: sale.number)
    let room = room()
    if room == nil, [.ended, .closed].contains(sale.status(at: .now)) { throw .drawForgotten }
    if let made = made[sale.number], made.isDrawn == (room?.drawn != nil) { return made.bytes }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      guard
        let room, let report = DrawReport(room, of: sale.sale, numbered: sale.number, commitment: commitment)
      else {
        let open = OpenDraw(
          sale: sale.id.rawValue, number: sale.number.rawValue, commitment: Hexadecimal.text(commitment),
          beacon: beacon, fallback: DrawReport.Fallback(rule), entries: room?.entryCount ?? 0)
        return ByteBuffer(bytes: try encoder.encode(open))
      }
      let bytes = ByteBuffer(bytes: try encoder.encode(report))
      made[sale.number] = (room.drawn != nil, bytes)
      return bytes
    } catch {
      logger.error("a draw could not be written", metadata: ["error": "\(error)"])
      throw .internalError
    }
  }

  private func commitment(of sale: SaleNumber) async throws(Problem) -> [UInt8] {
    if let known = commitments[sale] { return known }
    do {
      guard let read = try await store.commitment(of: sale) else { throw Problem.internalError }
      commitments[sale] = read
      return read
    } catch {
      logger.warning("a commitment could not be read", metadata: ["sale": "\(sale)", "error": "\(error)"])
      throw .busy("The draw cannot be looked up now.")
    }
  }
}
