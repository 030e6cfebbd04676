import Testing

@testable import Postgres

/// What libpq says of a connection that could not be made.
struct RefusedConnectionTests {
  @Test func `a verbose refusal gives its SQLSTATE, and keeps the words`() {
    let error = PostgresError(
      refused: """
        connection to server at "db", port 5432 failed: FATAL:  28P01: password authentication failed for user "me"; \
        LOCATION:  auth_failed, auth.c:326
        """)
    #expect(error.sqlState == "28P01" && error.isRefusal)
    #expect(
      error.reason
        == #"connection to server at "db", port 5432 failed: FATAL:  password authentication failed for user "me""#)
    // In a server's own language too.
    let chinese = PostgresError(refused: #"connection to server at "db", port 5432 failed: 致命错误:  3D000: 数据库 "x" 不存在"#)
    #expect(chinese.sqlState == "3D000" && chinese.isRefusal)
    #expect(chinese.reason.hasSuffix(#"致命错误:  数据库 "x" 不存在"#))
  }

  @Test func `of several hosts the last one's refusal counts`() {
    let error = PostgresError(
      refused: """
        connection to server at "a", port 1 failed: Connection refused; connection to server at "b", port 2 failed: \
        FATAL:  53300: sorry, too many clients already; LOCATION:  InitProcess, proc.c:359
        """)
    #expect(error.sqlState == "53300" && !error.isRefusal && error.isRetriable)
  }

  @Test func `a server that is not there has no SQLSTATE`() async throws {
    let nowhere = try ConnectionSettings("postgres://127.0.0.1:1/none")
    let error = await failure { _ = try await Connection.connect(nowhere, logger: Database.logger) }
    #expect(error?.sqlState == nil && error?.isRefusal == false)
    let reason = error?.reason ?? "none"
    #expect(reason.contains("Connection refused; Is the server running"), "\(reason)")
  }

  @Test func `a refused connection is a refusal, and names no password`() async throws {
    var settings = try ConnectionSettings(Database.url)
    settings.sessionParameters = ["no_such_setting": "1"]
    let odd = await failure { _ = try await Connection.connect(settings, logger: Database.logger) }
    #expect(odd?.sqlState == "42704" && odd?.isRefusal == false)
    let url = try #require(Database.url.firstMatch(of: /^(.*):\/\/([^:]*):[^@]*@(.*)$/)).output
    let wrong = try ConnectionSettings("\(url.1)://\(url.2):hunter2@\(url.3)")
    let error = await failure { _ = try await Connection.connect(wrong, logger: Database.logger) }
    #expect(error?.sqlState == "28P01" && error?.isRefusal == true)
    #expect(error?.debugDescription.contains("hunter2") == false)
  }
}
