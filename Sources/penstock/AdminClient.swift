import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Secrets
import Vitals

/// Talks to the admin API, for `penstock sale` and `penstock report`.
///
/// Every call ends by its deadline. Redirects are not followed: the token is for the admin API and for nobody else.
struct AdminClient {
  /// Without a slash at its end.
  private let base: String
  private let token: Secret<String>?

  /// A client as `PENSTOCK_ADMIN_URL` and `PENSTOCK_ADMIN_TOKEN` say. Throws `ConfigurationError` for a wrong one.
  init(_ environment: [String: String]) throws {
    var settings = Settings(environment)
    base = settings.value(
      .adminURL, or: "http://127.0.0.1:8081",
      expecting: "an http(s) URL with a port of 1 to 65535 and without a user or a query, as http://[::1]:8081",
      Self.base)
    token = settings.adminToken()
    try settings.finish()
  }

  /// Sends a request and returns the body of a successful answer, which is JSON.
  ///
  /// Throws `Failure`: without an answer by the deadline, for an answer that is no success, and for one that is longer
  /// than `Limits.adminAnswerBytes` or cannot come from the admin API. Throws `Undone` for what is asked for only.
  /// - Parameter path: below the base URL, percent-encoded, with its query.
  func call(
    _ method: String, _ path: String, body: Data? = nil, headers: [String: String] = [:],
    within deadline: Duration = Limits.adminCall
  ) async throws -> Data {
    var request = HTTPClientRequest(url: base + path)
    request.method = HTTPMethod(rawValue: method)
    request.headers.add(name: "Accept", value: "application/json")
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token.value)") }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration)
    do {
      let answer = try await exchange(request, over: client, within: deadline)
      try await client.shutdown()
      return answer
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  private static var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    configuration.timeout.connect = TimeAmount(Limits.adminConnect)
    // A person waits at the terminal: the first refusal is the answer.
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }

  /// The text without a slash at its end, if it is a URL that a path can be appended to.
  private static func base(_ text: String) -> String? {
    guard let url = URLComponents(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false,
      url.user == nil, url.query == nil, url.fragment == nil, (1...65_535).contains(url.port ?? 1)
    else { return nil }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}

// MARK: - The exchange

extension AdminClient {
  private func exchange(
    _ request: HTTPClientRequest, over client: HTTPClient, within deadline: Duration
  ) async throws -> Data {
    let late = Failure.silent(base, "no whole answer within \(deadline.components.seconds) s")
    return try await Patience.answer(within: deadline, late: late) { try await send(request, over: client) }
  }

  private func send(_ request: HTTPClientRequest, over client: HTTPClient) async throws -> Data {
    let response: HTTPClientResponse
    let data: Data
    do {
      response = try await client.execute(request, deadline: .distantFuture)
      data = Data(try await response.body.collect(upTo: Limits.adminAnswerBytes).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw Failure.foreign(base, "it sent more than \(Limits.adminAnswerBytes >> 20) MiB")
    } catch {
      throw Failure.silent(base, Self.words(of: error))
    }
    let type = response.headers.first(name: "Content-Type") ?? "nothing"
    switch response.status.code {
    case 202 where type.hasPrefix("application/json"): throw Undone(answer: data)
    case 200..<300 where type.hasPrefix("application/json"): return data
    case 200..<300: throw Failure.foreign(base, "it sent \(type), not JSON")
    case 300..<400:
      throw Failure.foreign(base, "it redirects to \(response.headers.first(name: "Location") ?? "elsewhere")")
    default: throw refusal(response.status.code, data)
    }
  }

  private func refusal(_ status: UInt, _ data: Data) -> Failure {
    struct Problem: Decodable {
      var detail: String
      var code: String
    }
    guard let problem = try? JSONDecoder().decode(Problem.self, from: data) else {
      return .foreign(base, "it answered HTTP \(status) without saying why")
    }
    if status == 401 {
      let state = token == nil ? "is not set" : "is another one"
      return .refused(
        status: status, code: problem.code,
        "\(base) wants its token, and \(Variable.adminToken.rawValue) \(state): set it to the admin API's")
    }
    // It names the field, where there is one.
    return .refused(status: status, code: problem.code, problem.detail)
  }

  /// Why no answer came, in the system's words where it has some.
  private static func words(of error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      if let unknown = error.dnsAError ?? error.dnsAAAAError { return "the host is unknown (\(words(of: unknown)))" }
      return error.connectionErrors.first.map { words(of: $0.error) } ?? "\(error)"
    case let error as IOError: return String(cString: strerror(error.errnoCode))
    case let error as SocketAddressError.UnknownHost: return error.errorDescription
    case let error as HTTPClientError where error == .connectTimeout:
      return "no connection within \(Limits.adminConnect.components.seconds) s"
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      return "it closed the connection before the end of its answer"
    default:
      // BoringSSL's errors have a name such as WRONG_VERSION_NUMBER between the numbers.
      guard let name = "\(error)".firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/)?.1 else { return "\(error)" }
      guard name != "WRONG_VERSION_NUMBER" else { return "it does not speak TLS: use http://, not https://" }
      return "no TLS: \(name.lowercased().replacing("_", with: " "))"
    }
  }
}

// MARK: - Failures

extension AdminClient {
  /// What kept a call from its answer; its text is for the person at the terminal.
  enum Failure: Error, CustomStringConvertible {
    /// No answer, or only a part of one.
    case silent(String, String)

    /// An answer, but none of the admin API's.
    case foreign(String, String)

    /// The admin API said no: the problem's detail, which names the field where there is one.
    case refused(status: UInt, code: String, String)

    var description: String {
      switch self {
      case .silent(let url, let reason):
        "no answer from \(url): \(reason). Is Penstock running, and is \(Variable.adminURL.rawValue) right?"
      case .foreign(let url, let reason):
        "\(url) is not the admin API: \(reason). Is \(Variable.adminURL.rawValue) right?"
      case .refused(let status, let code, let words): "\(words) (\(code), HTTP \(status))"
      }
    }

    /// 69 `EX_UNAVAILABLE`: try again later. 1: asked for something that is refused.
    var exitCode: Int32 {
      switch self {
      case .silent, .foreign: 69
      case .refused(let status, _, _): status >= 500 ? 69 : 1
      }
    }
  }
}

/// HTTP 202: what was asked for is noted, and not done.
struct Undone: Error, CustomStringConvertible {
  /// JSON.
  let answer: Data

  private struct Body: Decodable {
    struct Approval: Decodable {
      let id: Int64
      let state: String
    }
    let approval: Approval?
  }

  private var approval: Body.Approval? { (try? JSONDecoder().decode(Body.self, from: answer))?.approval }

  /// Whether a lane has only to decide it; otherwise a second person has to approve it.
  var isQueued: Bool { approval == nil }

  var description: String {
    guard let approval else { return "it is in the log, and its lane has not decided it" }
    return approval.state == "pending"
      ? "it waits for a second person, who has to approve number \(approval.id): nothing is done yet"
      : "it needed a second person, and number \(approval.id) is \(approval.state): this call did nothing"
  }

  /// As of `AdminClient.Failure`.
  var exitCode: Int32 { isQueued ? 69 : 1 }
}
