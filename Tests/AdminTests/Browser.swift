import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SaleStore
import Synchronization
import Testing

/// A person with a browser, as far as a server sees it: cookies, forms, `Origin`.
final class Browser: Sendable {
  /// Cheap, so that tests are quick.
  static let cost = PasswordHash.Cost(logRounds: 10)
  static let password = "correct horse battery"

  let client: Client
  private let cookies = Mutex<[String: String]>([:])

  init(_ client: Client) { self.client = client.stranger }

  /// Adds a user and signs her in.
  static func signedIn(_ name: String, _ role: Role, _ admin: AdminUnderTest, _ client: Client) async throws -> Browser
  {
    let browser = Browser(client)
    try await admin.add(name, role)
    let answer = try await browser.signIn(name)
    #expect(answer.status == 303)
    return browser
  }

  func get(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
    try await send(.get, path, headers: headers)
  }

  func signIn(
    _ name: String, password: String = password, code: String = "", headers: HTTPFields = [:]
  ) async throws -> TestResponse {
    try await submit(
      "/admin/sign-in", on: "/admin/sign-in", ["name": name, "password": password, "code": code], headers: headers)
  }

  /// Loads a page, and sends a form of it.
  func submit(
    _ action: String, on page: String, _ fields: [String: String], headers: HTTPFields = [:]
  ) async throws -> TestResponse {
    let text = try await get(page).text
    let token = text.firstMatch(of: /name="form_token" value="([^"]*)"/).map { String($0.output.1) } ?? ""
    return try await post(action, fields.merging(["form_token": token]) { mine, _ in mine }, headers: headers)
  }

  func post(_ path: String, _ fields: [String: String], headers: HTTPFields = [:]) async throws -> TestResponse {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._")
    let body = fields.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
    }.joined(separator: "&")
    var all: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .origin: "http://localhost"]
    for field in headers { all[field.name] = field.value }
    return try await send(.post, path, headers: all, body: Data(body.utf8))
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: Data = Data()
  ) async throws -> TestResponse {
    var headers = headers
    let sent = cookies.withLock { $0.map { "\($0.key)=\($0.value)" } }.joined(separator: "; ")
    if !sent.isEmpty { headers[.cookie] = sent }
    let answer = try await client.send(method, path, headers: headers, body: body)
    for field in answer.headers[values: .setCookie] {
      guard let pair = field.split(separator: ";").first, let equals = pair.firstIndex(of: "=") else { continue }
      let (name, value) = (String(pair[..<equals]), String(pair[pair.index(after: equals)...]))
      cookies.withLock { $0[name] = field.contains("Max-Age=0") ? nil : value }
    }
    return answer
  }

  func cookie(_ name: String) -> String? { cookies.withLock { $0[name] } }

  func set(_ name: String, _ value: String?) { cookies.withLock { $0[name] = value } }
}

extension TestResponse {
  /// What the forms of a page send that nobody types.
  var hiddenFields: [String: String] {
    var fields: [String: String] = [:]
    for field in text.matches(of: /type="hidden" name="([a-z_]+)" value="([^"]*)"/) {
      fields[String(field.output.1)] = String(field.output.2)
    }
    return fields
  }
}

extension AdminUnderTest {
  func add(_ name: String, _ role: Role, password: String = Browser.password) async throws {
    let user = try UserName(validating: name)
    let isAdded = try await store.addAdminUser(
      user, role: role, password: PasswordHash(password, cost: Browser.cost),
      logged: LogEntry.Content(who: "@test", action: .userAdded, subject: name))
    #expect(isAdded)
  }

  /// The lines of the log, the oldest first.
  func log(_ action: LogAction? = nil) async throws -> [LogEntry.Content] {
    var query = LogQuery()
    query.action = action
    return try await store.logEntries(query, limit: 1_000).entries.reversed().map(\.content)
  }
}
