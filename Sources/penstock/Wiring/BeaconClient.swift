import AsyncHTTPClient
import FlashSale
import Foundation
import NIOCore
import NIOHTTP1
import Worker

/// Asks a drand beacon for a round's value, over its public HTTP API: `GET url/ROUND`.
struct BeaconClient: Sendable {
  /// Why there is no answer, in words for the operator.
  struct NoAnswer: Error, CustomStringConvertible {
    let description: String
  }

  private struct Round: Decodable {
    var round: UInt64
    var randomness: String
    var signature: String?
  }

  /// Throws `NoAnswer` for anything but the value of this round. Ends by `Limits.beaconCall`.
  func ask(_ url: String, round: UInt64) async throws -> BeaconAnswer {
    let response = try await HTTPClient.shared.execute(
      HTTPClientRequest(url: "\(url)/\(round)"), timeout: TimeAmount(Limits.beaconCall))
    guard response.status == .ok else { throw NoAnswer(description: "it answered HTTP \(response.status.code)") }
    let body = try await response.body.collect(upTo: Limits.beaconAnswerBytes)
    guard let answer = try? JSONDecoder().decode(Round.self, from: Data(body.readableBytesView)) else {
      throw NoAnswer(description: "it answered something else than a round")
    }
    guard answer.round == round else { throw NoAnswer(description: "it answered round \(answer.round)") }
    guard let value = Hexadecimal.bytes(answer.randomness), value.count == Draw.secretBytes else {
      throw NoAnswer(description: "its randomness is not 32 bytes of hexadecimal digits")
    }
    if let signature = answer.signature {
      guard let bytes = Hexadecimal.bytes(signature), Draw.randomness(of: bytes) == value else {
        throw NoAnswer(description: "its randomness is not the hash of its signature")
      }
    }
    return BeaconAnswer(value: Hexadecimal.text(value), signature: answer.signature?.lowercased() ?? "")
  }
}
