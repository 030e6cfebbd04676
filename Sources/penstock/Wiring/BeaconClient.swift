import AsyncHTTPClient
import FlashSale
import Foundation
import NIOCore
import NIOHTTP1
import Vitals
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
    let late = NoAnswer(description: "it gave no whole answer within \(Limits.beaconCall.components.seconds) s")
    let body = try await Patience.answer(within: Limits.beaconCall, late: late) {
      let response = try await HTTPClient.shared.execute(
        HTTPClientRequest(url: "\(url)/\(round)"), deadline: .distantFuture)
      guard response.status == .ok else { throw NoAnswer(description: "it answered HTTP \(response.status.code)") }
      return Data(try await response.body.collect(upTo: Limits.beaconAnswerBytes).readableBytesView)
    }
    guard let answer = try? JSONDecoder().decode(Round.self, from: body) else {
      throw NoAnswer(description: "it answered something else than a round")
    }
    guard answer.round == round else { throw NoAnswer(description: "it answered round \(answer.round)") }
    guard let value = Hexadecimal.bytes(answer.randomness), value.count == Draw.secretBytes else {
      throw NoAnswer(description: "its randomness is not 32 bytes of hexadecimal digits")
    }
    guard let signature = answer.signature.flatMap({ Hexadecimal.bytes($0) }) else {
      throw NoAnswer(description: "it gave no signature to check its randomness by")
    }
    guard Draw.randomness(of: signature) == value else {
      throw NoAnswer(description: "its randomness is not the hash of its signature")
    }
    return BeaconAnswer(value: Hexadecimal.text(value), signature: Hexadecimal.text(signature))
  }
}
