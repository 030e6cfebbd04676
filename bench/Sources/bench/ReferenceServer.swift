import Foundation
import TestSupport

/// A server that ours is compared with, on a free port of this machine.
struct ReferenceServer {
  let url: URL
  private let process: Process
  private let folder: String

  /// An nginx of our own that answers everything with one constant 202: what HTTP alone costs on this machine.
  static func nginx() async throws -> ReferenceServer {
    try await start { port, folder in
      try configuration(port: port, folder: folder).write(
        toFile: "\(folder)/nginx.conf", atomically: true, encoding: .utf8)
      return ("nginx", ["-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/error.log"])
    }
  }

  /// This program as `bench echo`.
  static func echo() async throws -> ReferenceServer {
    try await start { port, _ in (CommandLine.arguments[0], ["echo", "--port", "\(port)"]) }
  }

  func stop() async {
    await Tool.stop(process)
    Folder.remove(folder)
  }

  private static func start(
    _ command: (_ port: Int, _ folder: String) throws -> (program: String, arguments: [String])
  ) async throws -> ReferenceServer {
    for _ in 0..<20 {
      // Below the range of outgoing connections. Only the bind can tell whether a port is free, so we try.
      let port = Int.random(in: 20_000..<32_000)
      guard let url = URL(string: "http://127.0.0.1:\(port)/") else { continue }
      let folder = try Folder.make()
      let (program, arguments) = try command(port, folder)
      let process = try await Tool.start(program, arguments)
      let answers = try await eventually(within: .seconds(10)) {
        if !process.isRunning { return true }
        return (try? await HTTP.get(url)) != nil
      }
      if answers, process.isRunning { return ReferenceServer(url: url, process: process, folder: folder) }
      await Tool.stop(process)
      Folder.remove(folder)
    }
    throw TestSetUpError("a reference server did not start on any of 20 ports")
  }

  private static func configuration(port: Int, folder: String) -> String {
    """
    daemon off;
    worker_processes auto;
    pid \(folder)/pid;
    events { worker_connections 4096; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      client_body_temp_path \(folder)/body;
      proxy_temp_path \(folder)/proxy;
      fastcgi_temp_path \(folder)/fastcgi;
      uwsgi_temp_path \(folder)/uwsgi;
      scgi_temp_path \(folder)/scgi;
      server {
        listen 127.0.0.1:\(port) backlog=4096;
        location / {
          default_type application/json;
          return 202 '{"order_id":"00000001-0000-8000-8000-000000000000","status":"queued"}';
        }
      }
    }
    """
  }
}
