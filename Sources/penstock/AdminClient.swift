import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Talks to the admin API, for `penstock sale` and `penstock report`.
struct AdminClient {
  private let base: URL
  private let token: String?

  /// What kept a call from its answer; its text is for the person at the terminal.
  enum Failure: Error, CustomStringConvertible {
    /// Nobody answered.
    case unreachable(URL, String)

    /// An answer other than success: the problem's title and detail, and the field where there is one.
    case refused(status: Int, code: String, String)

    var description: String {
      switch self {
      case .unreachable(let url, let reason):
        "no answer from \(url): \(reason). Is Penstock running, and is \(Variable.adminURL.rawValue) right?"
      case .refused(let status, let code, let words): "\(words) (\(code), HTTP \(status))"
      }
    }

    /// 69 `EX_UNAVAILABLE`: try again later. 1: asked for something that is refused.
    var exitCode: Int32 {
      switch self {
      case .unreachable: 69
      case .refused(let status, _, _): status >= 500 ? 69 : 1
      }
    }
  }

  /// A client as `PENSTOCK_ADMIN_URL` and `PENSTOCK_ADMIN_TOKEN` say. Throws `ConfigurationError` for a wrong URL.
  init(_ environment: [String: String]) throws {
    var settings = Settings(environment)
    base = settings.value(
      .adminURL, or: URL(string: "http://127.0.0.1:8081")!, expecting: "an http(s) URL, as http://127.0.0.1:8081"
    ) { text in
      URL(string: text).flatMap { ["http", "https"].contains($0.scheme) && $0.host != nil ? $0 : nil }
    }
    token = settings.text(.adminToken)
    try settings.finish()
  }

  /// Sends a request and returns the body of a successful answer.
  /// - Parameter path: below the base URL, percent-encoded, with its query.
  func call(_ method: String, _ path: String, body: Data? = nil) async throws -> Data {
    guard let url = URL(string: path, relativeTo: base) else { throw Failure.unreachable(base, "bad path \(path)") }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    // A report over millions of orders takes seconds; nothing here takes a minute.
    request.timeoutInterval = 60
    if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    let (data, response): (Data, URLResponse)
    do {
      (data, response) = try await URLSession.shared.data(for: request)
    } catch {
      throw Failure.unreachable(base, error.localizedDescription)
    }
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    guard (200..<300).contains(status) else { throw Self.refusal(status, data) }
    return data
  }

  /// A path segment of what the user typed.
  static func segment(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  private static func refusal(_ status: Int, _ data: Data) -> Failure {
    struct Problem: Decodable {
      var title: String?
      var detail: String?
      var code: String?
      var field: String?
    }
    let problem = try? JSONDecoder().decode(Problem.self, from: data)
    let words = [problem?.field, problem?.detail ?? problem?.title].compactMap { $0 }.joined(separator: ": ")
    return .refused(
      status: status, code: problem?.code ?? "no code", words.isEmpty ? "the admin API refused the call" : words)
  }
}
