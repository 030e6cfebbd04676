internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// A rate curve, and the crowd that makes it, from a file, for example
/// `{"name":"doors-open","phases":[{"shape":"burst","requests":5000},{"shape":"hold","rate":8000,"seconds":5}]}`.
///
/// Shapes: `hold` (rate, seconds), `ramp` and `decay` (from, to, seconds), `burst` (requests).
/// Optional: `crowd`, the groups of ``WrittenGroup``, `promise`, a ``Promise``, `payments`, a ``PaymentWay``, and
/// `connect`, which is `before` or `during`.
struct Profile: Decodable {
  let name: String
  let about: String?
  let phases: [Phase]
  /// `nil` where the file says nothing about the crowd.
  let groups: [Crowd.Group]?
  /// `nil` where the file does not say.
  let connect: ConnectTime?

  /// What it promises to one of the groups.
  let promise: Promise?

  /// How buyers pay; `nil` where the file does not say.
  let payments: PaymentWay?

  private enum Field: String, CodingKey { case name, about, phases, crowd, connect, promise, payments }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Field.self)
    name = try fields.decode(String.self, forKey: .name)
    about = try fields.decodeIfPresent(String.self, forKey: .about)
    phases = try fields.decode([WrittenPhase].self, forKey: .phases).enumerated().map { try $1.phase(number: $0 + 1) }
    groups = try fields.decodeIfPresent([WrittenGroup].self, forKey: .crowd).map(Crowd.groups)
    promise = try fields.decodeIfPresent(Promise.self, forKey: .promise)
    try promise?.check(groups ?? [])
    connect = try fields.decodeIfPresent(String.self, forKey: .connect).map { word in
      guard let time = ConnectTime(rawValue: word) else {
        throw Unusable("'connect' is 'before' or 'during', not '\(word)'")
      }
      return time
    }
    payments = try fields.decodeIfPresent(String.self, forKey: .payments).map { word in
      guard let way = PaymentWay(rawValue: word) else {
        let ways = PaymentWay.allCases.map(\.rawValue).joined(separator: ", ")
        throw Unusable("'payments' is one of \(ways), not '\(word)'")
      }
      return way
    }
    guard (1...Limits.phases).contains(phases.count) else {
      throw Unusable("a profile has 1 to \(Limits.phases) phases, not \(phases.count)")
    }
    let requests = phases.reduce(0.0) { $0 + $1.area }
    guard requests >= 1, requests <= Double(Limits.requests) else {
      throw Unusable("a profile sends 1 to \(Limits.requests) requests, not \(requests)")
    }
  }

  /// - Throws: ``Unusable`` with what is wrong, in words for the person who wrote the file.
  static func read(_ path: String) throws(Unusable) -> Profile {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw Unusable("cannot read the profile \(path)", because: error)
    }
    guard data.count <= Limits.profileBytes else {
      throw Unusable("the profile \(path) is larger than \(Limits.profileBytes) bytes")
    }
    do {
      return try JSONDecoder().decode(Profile.self, from: data)
    } catch let error as Unusable {
      throw Unusable("profile \(path): \(error.reason)")
    } catch DecodingError.keyNotFound(let key, let context) {
      throw Unusable("profile \(path): \(Self.place(context))'\(key.stringValue)' is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw Unusable("profile \(path): \(Self.place(context))has the wrong type")
    } catch {
      throw Unusable("profile \(path) is not JSON")
    }
  }

  private static func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.map { $0.intValue.map { "#\($0 + 1)" } ?? $0.stringValue }
    return path.isEmpty ? "" : path.joined(separator: " ") + " "
  }
}

/// When connections are opened.
enum ConnectTime: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// Before the first request: it measures requests only.
  case before
  /// As the first request is due: the server has to accept the crowd as well.
  case during
}

/// A phase as a person writes it.
private struct WrittenPhase: Decodable {
  let shape: String
  let rate: Double?
  let from: Double?
  let to: Double?
  let seconds: Double?
  let requests: Int?

  func phase(number: Int) throws -> Phase {
    func need(_ value: Double?, _ name: String, _ range: ClosedRange<Double>) throws -> Double {
      guard let value, range.contains(value) else {
        throw Unusable("phase \(number) (\(shape)) needs '\(name)' from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    let lasting = 0.001...Limits.phaseSeconds
    switch shape {
    case "hold":
      return .hold(rate: try need(rate, "rate", 0...Limits.rate), seconds: try need(seconds, "seconds", lasting))
    case "ramp":
      return Phase(
        shape: .ramp(
          from: try need(from, "from", 0...Limits.rate), to: try need(to, "to", 0...Limits.rate)),
        seconds: try need(seconds, "seconds", lasting))
    case "decay":
      return Phase(
        shape: .decay(
          from: try need(from, "from", 0.001...Limits.rate), to: try need(to, "to", 0.001...Limits.rate)),
        seconds: try need(seconds, "seconds", lasting))
    case "burst":
      let count = try need(requests.map(Double.init), "requests", 1...Double(Limits.requests))
      return Phase(shape: .burst(requests: Int(count)), seconds: 0)
    default:
      throw Unusable("phase \(number): shape '\(shape)' is none of hold, ramp, decay, burst")
    }
  }
}

/// Why the run cannot start, in words for the person who asked for it.
struct Unusable: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  /// About a file that cannot be used, with the system's reason.
  init(_ reason: String, because error: any Error) {
    let cause = (error as? CocoaError)?.underlying as? POSIXError
    self.reason = cause.map { "\(reason): \(String(cString: strerror($0.code.rawValue)))" } ?? reason
  }
}
